/* Addresses: as text, as sockaddr, and which one serves which. */
#include <criterion/criterion.h>

#include "handoff/address.h"

static struct address
parsed(const char *text)
{
	struct address a;

	cr_assert_eq(address_parse(&a, text), 0, "%s", text);
	return a;
}

Test(address, reads_what_it_prints)
{
	static const char *const texts[][2] = {
		{ "8080", "[::]:8080" }, { ":8080", "[::]:8080" },
		{ "0.0.0.0:80", "0.0.0.0:80" }, { "[::1]:4321", "[::1]:4321" },
		{ "127.0.0.1:65535", "127.0.0.1:65535" },
		{ "/run/app.sock", "/run/app.sock" }, { "./a:80", "./a:80" },
	};
	char printed[ADDRESS_TEXT];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct address a = parsed(texts[i][0]);

		address_print(printed, &a);
		cr_assert_str_eq(printed, texts[i][1]);
	}
}

Test(address, refuses_what_is_none)
{
	static const char *const texts[] = { "", "0", "65536", "x", "1.2.3:80", "::1:80x",
		"[::1]", "1.2.3.4", "1.2.3.4:", "[::1:80", "-1", "8080 ", "[1.2.3.4]:80",
		"/", "/run/", "/run/..", "/run/a b", "/run/\"" };
	struct address a;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert_eq(address_parse(&a, texts[i]), -1, "%s", texts[i]);
}

Test(address, goes_through_sockaddr_and_back)
{
	static const char *const texts[] = { "10.1.2.3:99", "[2001:db8::7]:8080",
		"/run/app.sock" };
	struct sockaddr_storage where;
	struct address back;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct address a = parsed(texts[i]);
		socklen_t length = address_to_sockaddr(&a, &where);

		cr_assert_eq(address_from_sockaddr(&back, &where, length), 0);
		cr_assert(address_equal(&a, &back));
		cr_assert_eq(address_from_sockaddr(&back, &where, a.family == AF_UNIX ? 2 : 4), -1);
	}
}

Test(address, knows_who_serves_whom)
{
	static const struct { const char *listener, *asked; bool covers; } rows[] = {
		{ "8080", "0.0.0.0:8080", true }, { "8080", "127.0.0.1:8080", true },
		{ "8080", "[::]:8080", true }, { "8080", "[::]:8081", false },
		{ "0.0.0.0:80", "[::]:80", true }, { "0.0.0.0:80", "127.0.0.1:80", true },
		{ "0.0.0.0:80", "[::1]:80", false }, { "127.0.0.1:80", "0.0.0.0:80", true },
		{ "127.0.0.1:80", "127.0.0.2:80", false }, { "[::1]:80", "0.0.0.0:80", false },
		{ "[::1]:80", "[::]:80", true },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address l = parsed(rows[i].listener), a = parsed(rows[i].asked);

		cr_assert_eq(address_covers(&l, &a), rows[i].covers, "%s, %s", rows[i].listener,
		    rows[i].asked);
	}
}
