/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/store/socket.h"

#include "lab/store/statement.h"

#include <assert.h>

static const char *const role_names[] = {
	[STORE_ROLE_CLIENT] = "client",
	[STORE_ROLE_SERVER] = "server",
	[STORE_ROLE_MIDDLE] = "middle",
	[STORE_ROLE_LISTENER] = "listener",
};
static_assert(ARRAY_SIZE(role_names) == STORE_ROLES, "all roles");

int64_t store_put_look(struct store *s, const struct store_look *l,
		       struct err *e)
{
	struct db_row row = store_row(s, PUT_LOOK);

	db_put_int(&row, l->trial);
	db_put_int(&row, l->number);
	db_put_text(&row, l->hold);
	db_put_int(&row, l->time_ns);
	return store_insert(s, &row, e);
}

/* What is no more than a record of a connection has neither owner. */
static void put_owner(struct db_row *row, uint32_t inode, uint32_t uid)
{
	if (inode) {
		db_put_int(row, inode);
		db_put_int(row, uid);
	} else {
		db_put_text(row, NULL);
		db_put_text(row, NULL);
	}
}

int store_put_socket(struct store *s, int64_t look,
		     const struct store_socket *socket, struct err *e)
{
	struct db_row row = store_row(s, PUT_SOCKET);
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];
	int64_t r;

	db_put_int(&row, look);
	db_put_int(&row, socket->number);
	db_put_text(&row, role_names[socket->role]);
	db_put_text(&row, socket->node);
	db_put_text(&row, socket->state);
	db_put_int(&row, socket->receive_queue);
	db_put_int(&row, socket->send_queue);
	store_bind_endpoint(&row, &socket->local, local);
	store_bind_endpoint(&row, &socket->remote, remote);
	db_put_text(&row, socket->timer);
	db_put_int(&row, socket->timer_ms);
	db_put_int(&row, socket->retransmits);
	put_owner(&row, socket->inode, socket->uid);
	db_put_int(&row, (int64_t)socket->cookie);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}

static void put_queue(struct db_row *row, const struct store_socket *socket,
		      uint32_t bytes)
{
	if (socket->remote.port)
		db_put_int(row, bytes);
	else
		db_put_text(row, NULL);
}

int store_put_destroyed(struct store *s, int64_t trial,
			const struct store_socket *socket, struct err *e)
{
	struct db_row row = store_row(s, PUT_DESTROYED);
	char local[IP_TEXT_MAX], remote[IP_TEXT_MAX];
	int64_t r;

	db_put_int(&row, trial);
	db_put_int(&row, socket->number);
	db_put_text(&row, role_names[socket->role]);
	db_put_text(&row, socket->node);
	put_queue(&row, socket, socket->receive_queue);
	put_queue(&row, socket, socket->send_queue);
	store_bind_endpoint(&row, &socket->local, local);
	store_bind_endpoint(&row, &socket->remote, remote);
	db_put_int(&row, (int64_t)socket->cookie);
	r = store_insert(s, &row, e);
	return r < 0 ? (int)r : 0;
}
