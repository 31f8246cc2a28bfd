/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire between the taps of two nodes.  Most cases send numbered frames of
 * their own, so that nothing else is on the wire, and compare what arrives
 * with what the seed decides.
 */
#include "tests/netns/netns-test.h"

#include "probes/wire/wire.h"
#include "tests/netns/program-test.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

enum {
	SEED = 42,
	/* as many as the buffer of a packet socket holds */
	FRAMES_MAX = 60,
	/* IEEE 802: "local experimental"; nobody answers it */
	PROTOCOL = 0x88b5,
};

struct numbered {
	struct ethhdr ethernet;
	uint16_t number;
	uint8_t rest[1250 - sizeof(struct ethhdr) - sizeof(uint16_t)];
} __attribute__((packed));

struct end {
	struct place place;
	int tap, index, packets;
};

static struct end near, far;
static struct place home;
static struct program wire;

/* A packet socket of that place that sees only our frames. */
static int open_packets(const struct end *end)
{
	own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
	const struct sockaddr_ll sa = { .sll_family = AF_PACKET,
					.sll_protocol = htons(PROTOCOL),
					.sll_ifindex = end->index };
	struct err e = { .code = 0 };
	int fd;

	assert_done(netns_enter(&visit, end->place.netns, &e), &e);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void open_end(struct end *end, const char *name, const char *address,
		     bool offloads)
{
	place_new(&end->place, name);
	/* silence: no neighbour discovery */
	place_sysctl(&end->place,
		     "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	end->tap = place_tap(&end->place, address, offloads, &end->index);
	end->packets = open_packets(end);
}

static void start_between(bool offloads, const char *const *words)
{
	int taps[2];

	place_new(&home, "home");
	open_end(&near, "near", "10.3.0.1/24", offloads);
	open_end(&far, "far", "10.3.0.2/24", offloads);
	taps[0] = near.tap;
	taps[1] = far.tap;
	program_start(&wire, &home, words, taps, 2);
}

#define START(...)                                                             \
	start_between(false, (const char *const[]){ "wire", "42", __VA_ARGS__, \
						    NULL })

static void end_done(struct end *end)
{
	(void)close(end->packets);
	(void)close(end->tap);
	place_done(&end->place);
}

static void finish(void)
{
	program_stop(&wire);
	end_done(&near);
	end_done(&far);
	place_done(&home);
}

static struct wire_counts counts(int direction)
{
	struct wire_counts c[WIRE_DIRECTIONS];

	assert_int_equal(send(wire.control, "?", 1, 0), 1);
	assert_int_equal(recv(wire.control, c, sizeof(c), 0), sizeof(c));
	return c[direction];
}

/* --- numbered frames -------------------------------------------------------
 */

static void send_frames(const struct end *from, size_t n)
{
	struct numbered f = { .ethernet = { .h_proto = htons(PROTOCOL) } };

	memset(f.ethernet.h_dest, 0xff, sizeof(f.ethernet.h_dest));
	for (size_t i = 0; i < n; i++) {
		f.number = (uint16_t)i;
		assert_int_equal(send(from->packets, &f, sizeof(f), 0),
				 sizeof(f));
	}
}

/* The wire has taken them all, whatever became of them. */
static void wait_until_taken(int direction, uint64_t n)
{
	const int64_t limit_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (counts(direction).taken < n)
		assert_true(clock_now_ns() < limit_ns);
}

/* Take @n frames.  Returns: when the last came, on the monotonic clock. */
static int64_t receive_frames(const struct end *to, uint16_t *numbers, size_t n)
{
	struct numbered f;

	for (size_t i = 0; i < n; i++) {
		tcp_wait_readable(to->packets);
		assert_int_equal(recv(to->packets, &f, sizeof(f), 0),
				 sizeof(f));
		numbers[i] = f.number;
	}
	return clock_now_ns();
}

static void assert_no_more(const struct end *to)
{
	char c;

	assert_int_equal(recv(to->packets, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* What the seed decides for the first frames of @direction. */
static struct impair oracle(int direction, const struct impairment *settings)
{
	struct rng rng = { SEED };
	struct impair i;
	uint64_t seed = 0;

	for (int d = 0; d <= direction; d++)
		seed = rng_next(&rng);
	impair_init(&i, settings, seed);
	return i;
}

/* Those of the first @n frames that arrive, in order, where none is delayed.
 * Returns: how many. */
static size_t expect_frames(struct impair *i, size_t n, uint16_t *ret)
{
	size_t arriving = 0;

	for (size_t number = 0; number < n; number++) {
		const struct impair_decision d = impair_next(i);

		for (int copies = d.lost ? 0 : 1 + d.duplicate; copies;
		     copies--)
			ret[arriving++] = (uint16_t)number;
	}
	return arriving;
}

static void check_decisions(const struct impairment *there)
{
	uint16_t wanted[2 * FRAMES_MAX], got[2 * FRAMES_MAX];
	struct impair i = oracle(WIRE_THERE, there);
	const size_t n = expect_frames(&i, FRAMES_MAX, wanted);

	send_frames(&near, FRAMES_MAX);
	(void)receive_frames(&far, got, n);
	wait_until_taken(WIRE_THERE, FRAMES_MAX);
	assert_no_more(&far);
	assert_memory_equal(got, wanted, n * sizeof(*got));
	assert_true(n != FRAMES_MAX);
	assert_int_equal(counts(WIRE_THERE).carried, n);
	finish();
}

/* --- cases -----------------------------------------------------------------
 */

static void a_plain_wire_carries_all_frames_both_ways(void)
{
	uint16_t got[FRAMES_MAX];

	START(NULL);
	send_frames(&near, FRAMES_MAX);
	(void)receive_frames(&far, got, FRAMES_MAX);
	for (int i = 0; i < FRAMES_MAX; i++)
		assert_int_equal(got[i], i);
	send_frames(&far, 10);
	(void)receive_frames(&near, got, 10);
	assert_int_equal(counts(WIRE_THERE).taken, FRAMES_MAX);
	assert_int_equal(counts(WIRE_THERE).carried, FRAMES_MAX);
	assert_int_equal(counts(WIRE_BACK).carried, 10);
	finish();
}

static void losses_are_those_of_the_seed(void)
{
	START("there.loss_ppm=300000");
	check_decisions(&(struct impairment){ .loss_ppm = 300000 });
}

static void bursts_of_losses_are_those_of_the_seed(void)
{
	START("there.bad_ppm=100000", "there.good_ppm=200000",
	      "there.bad_loss_ppm=900000", "there.loss_ppm=10000");
	check_decisions(&(struct impairment){ .bad_ppm = 100000,
					      .good_ppm = 200000,
					      .bad_loss_ppm = 900000,
					      .loss_ppm = 10000 });
}

static void duplicates_follow_their_frame(void)
{
	START("there.duplicate_ppm=200000", "there.loss_ppm=100000");
	check_decisions(&(struct impairment){ .duplicate_ppm = 200000,
					      .loss_ppm = 100000 });
}

static void duplicates_of_delayed_frames_follow_their_frame(void)
{
	START("there.duplicate_ppm=200000", "there.delay_ns=1000000");
	check_decisions(&(struct impairment){ .duplicate_ppm = 200000,
					      .delay_ns = 1000000 });
}

/* All are sent within the delay of the first: what is reordered arrives
 * before everything else. */
static void reordered_frames_go_out_before_what_waits(void)
{
	enum { N = 50, DELAY_MS = 1000 };
	const struct impairment s = { .reorder_ppm = 200000,
				      .delay_ns = DELAY_MS * NS_PER_MS };
	struct impair i = oracle(WIRE_THERE, &s);
	uint16_t wanted[N], got[N], late[N];
	size_t n = 0, n_late = 0;

	START("there.reorder_ppm=200000", "there.delay_ns=1000000000");
	for (uint16_t number = 0; number < N; number++) {
		if (impair_next(&i).reorder)
			wanted[n++] = number;
		else
			late[n_late++] = number;
	}
	memcpy(wanted + n, late, n_late * sizeof(*late));
	send_frames(&near, N);
	(void)receive_frames(&far, got, N);
	assert_memory_equal(got, wanted, sizeof(got));
	assert_true(n > 0);
	assert_int_equal(counts(WIRE_THERE).reordered, n);
	finish();
}

static void a_delay_holds_one_direction_only(void)
{
	uint16_t got[1];
	int64_t begin_ns;

	START("there.delay_ns=50000000");
	begin_ns = clock_now_ns();
	send_frames(&near, 1);
	assert_true(receive_frames(&far, got, 1) - begin_ns >= 50 * NS_PER_MS);
	send_frames(&far, 1);
	(void)receive_frames(&near, got, 1);
	finish();
}

static void the_way_back_has_its_own_delay(void)
{
	uint16_t got[1];
	int64_t begin_ns;

	START("back.delay_ns=50000000");
	begin_ns = clock_now_ns();
	send_frames(&far, 1);
	assert_true(receive_frames(&near, got, 1) - begin_ns >= 50 * NS_PER_MS);
	finish();
}

static void jitter_keeps_the_order(void)
{
	uint16_t got[FRAMES_MAX];

	START("there.delay_ns=5000000", "there.jitter_ns=5000000");
	send_frames(&near, FRAMES_MAX);
	(void)receive_frames(&far, got, FRAMES_MAX);
	for (int i = 0; i < FRAMES_MAX; i++)
		assert_int_equal(got[i], i);
	finish();
}

/* 1250 bytes at 1 Mbit/s are 10 ms. */
static void a_rate_spreads_frames_by_their_length(void)
{
	uint16_t got[20];
	int64_t begin_ns;

	START("there.rate_bps=1000000");
	begin_ns = clock_now_ns();
	send_frames(&near, 20);
	assert_true(receive_frames(&far, got, 20) - begin_ns >=
		    200 * NS_PER_MS);
	finish();
}

/* The first takes 10 s, so all others wait. */
static void what_finds_the_queue_full_is_dropped_and_counted(void)
{
	START("there.rate_bps=1000", "there.queue=5");
	send_frames(&near, 20);
	wait_until_taken(WIRE_THERE, 20);
	assert_int_equal(counts(WIRE_THERE).overflowed, 15);
	assert_int_equal(counts(WIRE_THERE).carried, 0);
	finish();
}

static void a_far_end_that_is_down_refuses_frames(void)
{
	uint16_t got[1];

	START(NULL);
	(void)close(far.packets);
	far.packets = open_packets(&far);
	place_sysctl(&far.place, "/proc/sys/net/ipv6/conf/all/disable_ipv6",
		     "1");
	{
		own_netns_visit struct netns_visit visit = NETNS_VISIT_NONE;
		struct ifreq ifr = { .ifr_name = "tap0" };
		struct err e = { .code = 0 };
		int fd;

		assert_done(netns_enter(&visit, far.place.netns, &e), &e);
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
		ifr.ifr_flags = 0;
		send_frames(&near, 3);
		wait_until_taken(WIRE_THERE, 3);
		assert_int_equal(counts(WIRE_THERE).refused, 3);
		ifr.ifr_flags = IFF_UP;
		assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &ifr), 0);
		(void)close(fd);
	}
	(void)close(far.packets);
	far.packets = open_packets(&far);
	send_frames(&near, 1);
	(void)receive_frames(&far, got, 1);
	finish();
}

/* --- TCP -------------------------------------------------------------------
 */

enum { BULK = 4 << 20, MSS = 1448 };

static void pour_through(void)
{
	static char buf[65536];
	int listener = tcp_listen(&far.place, "10.3.0.2:7000"), c, s;
	pid_t pid;

	assert_int_equal(tcp_connect(&near.place, "10.3.0.2:7000", &c), 0);
	s = tcp_accept(listener);
	pid = fork();
	if (pid == 0) {
		for (size_t sent = 0; sent < BULK; sent += sizeof(buf))
			if (send(c, buf, sizeof(buf), MSG_NOSIGNAL) < 0)
				_exit(1);
		_exit(0);
	}
	(void)close(c);
	for (size_t got = 0; got < BULK;) {
		const ssize_t n = recv(s, buf, sizeof(buf), 0);

		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(tcp_end(s), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(s);
	(void)close(listener);
}

static void frames_that_were_not_cut_pass_whole(void)
{
	const char *const words[] = { "wire", "42", NULL };

	start_between(true, words);
	pour_through();
	assert_true(counts(WIRE_THERE).taken < BULK / MSS / 2);
	assert_int_equal(counts(WIRE_THERE).refused, 0);
	finish();
}

static void delayed_frames_that_were_not_cut_pass_whole(void)
{
	const char *const words[] = { "wire", "42", "there.delay_ns=1000000",
				      NULL };

	start_between(true, words);
	pour_through();
	assert_true(counts(WIRE_THERE).taken < BULK / MSS / 2);
	finish();
}

static void tcp_survives_everything_at_once(void)
{
	START("there.loss_ppm=5000", "back.loss_ppm=5000",
	      "there.duplicate_ppm=20000", "back.duplicate_ppm=20000",
	      "there.reorder_ppm=10000", "there.delay_ns=300000",
	      "there.jitter_ns=100000", "back.delay_ns=300000",
	      "there.rate_bps=1000000000");
	pour_through();
	assert_true(counts(WIRE_THERE).lost > 0);
	assert_true(counts(WIRE_THERE).duplicated > 0);
	assert_true(counts(WIRE_THERE).reordered > 0);
	finish();
}

/* --- the rest --------------------------------------------------------------
 */

/* The processor time of the wire in clock ticks: proc_pid_stat(5). */
static unsigned long ticks_of(pid_t pid)
{
	char path[64], text[1024] = "";
	unsigned long user = 0, system = 0;
	own_file FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(sscanf(strrchr(text, ')'),
				") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				"%lu %lu",
				&user, &system),
			 2);
	return user + system;
}

/* A frame that is far away costs no time, nor does the silence after it. */
static void it_sleeps_while_frames_are_far_from_due(void)
{
	uint16_t got[1];
	unsigned long before;

	START("there.delay_ns=300000000");
	before = ticks_of(wire.pid);
	send_frames(&near, 1);
	(void)receive_frames(&far, got, 1);
	assert_true(ticks_of(wire.pid) - before <= 2); /* of 30 */
	finish();
}

static void it_outlives_the_namespace_of_a_tap(void)
{
	uint16_t got[1];

	START(NULL);
	send_frames(&near, 1);
	(void)receive_frames(&far, got, 1);
	end_done(&near); /* the wire still holds the descriptor */
	(void)counts(WIRE_THERE);
	program_stop(&wire);
	end_done(&far);
	place_done(&home);
}

static void check_refusal(const char *const *words, const int *taps,
			  const char *sentence)
{
	struct program p;
	char said[512];

	place_new(&home, "home");
	program_launch(&p, &home, words, taps, 2);
	(void)program_hear(&p, said);
	assert_string_equal(said, sentence);
	assert_int_equal(program_wait(&p), 70);
}

static void what_is_no_tap_is_our_bug(void)
{
	const char *const words[] = { "wire", "42", NULL };
	const int taps[] = { 0, 0 };

	check_refusal(words, taps,
		      "descriptor 4 is no tap device without packet "
		      "information");
}

static void what_is_no_setting_is_our_bug(void)
{
	const char *const words[] = { "wire", "42", "there.delay=1", NULL };
	const int taps[] = { 0, 0 };

	check_refusal(words, taps, "'there.delay=1' is no setting of a wire");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tap_test(a_plain_wire_carries_all_frames_both_ways),
		tap_test(losses_are_those_of_the_seed),
		tap_test(bursts_of_losses_are_those_of_the_seed),
		tap_test(duplicates_follow_their_frame),
		tap_test(duplicates_of_delayed_frames_follow_their_frame),
		tap_test(reordered_frames_go_out_before_what_waits),
		tap_test(a_delay_holds_one_direction_only),
		tap_test(the_way_back_has_its_own_delay),
		tap_test(jitter_keeps_the_order),
		tap_test(a_rate_spreads_frames_by_their_length),
		tap_test(what_finds_the_queue_full_is_dropped_and_counted),
		tap_test(a_far_end_that_is_down_refuses_frames),
		tap_test(frames_that_were_not_cut_pass_whole),
		tap_test(delayed_frames_that_were_not_cut_pass_whole),
		tap_test(tcp_survives_everything_at_once),
		tap_test(it_sleeps_while_frames_are_far_from_due),
		tap_test(it_outlives_the_namespace_of_a_tap),
		tap_test(what_is_no_tap_is_our_bug),
		tap_test(what_is_no_setting_is_our_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
