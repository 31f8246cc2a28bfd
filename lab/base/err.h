/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err - one error value that gathers context on its way up.
 *
 * The caller owns the storage, normally on its stack: an error allocates
 * nothing, leaks nothing and can be copied.  A function that can fail takes
 * `struct err *e` last and returns 0 or a negative errno.  What the network
 * did to a trial (refused, reset, timed out) is a result, never an err.
 */
#ifndef LAB_BASE_ERR_H
#define LAB_BASE_ERR_H

/* Who has to act?  Decides the exit status, and SKIP against FAIL in tests. */
enum err_class {
	ERR_INPUT = 1, /* the user's file or command line is wrong: 2 */
	ERR_HOST,      /* this machine cannot do it: 3 */
	ERR_EMPTY,     /* nothing matched what was asked for: 4 */
	ERR_SYSTEM,    /* a call failed that should have worked: 7 */
	ERR_BUG,       /* we are wrong: 70 */
};

struct err {
	enum err_class class;
	int code;	 /* errno value, > 0; 0 while unset */
	char text[2048]; /* outermost context first */
};

#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/**
 * err_set() - say what was refused
 * @code:	errno value, > 0
 *
 * Returns: -@code, so that `return err_set(...)` reads as one line.
 */
int err_set(struct err *e, enum err_class class, int code, const char *fmt, ...)
	ERR_PRINTF(4, 5);

/**
 * err_errno() - the same from errno, whose sentence is appended
 *
 * EPERM, EACCES, ENOSYS, EOPNOTSUPP and friends become ERR_HOST, everything
 * else ERR_SYSTEM.
 */
int err_errno(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* "out of memory", ERR_SYSTEM.  Returns: -ENOMEM. */
int err_no_memory(struct err *e);

/**
 * err_add() - put "context: " in front of an error already set
 *
 * When both do not fit, the context goes: the root cause is worth more.
 *
 * Returns: -@e->code
 */
int err_add(struct err *e, const char *fmt, ...) ERR_PRINTF(2, 3);

/* The exit status that stands for @e; see docs/architecture.md. */
int err_exit_status(const struct err *e);

#endif
