/* SPDX-License-Identifier: MIT */
/*
 * libcurl, loaded when the first request is made and not before. It brings
 * thirty libraries with it (TLS, LDAP, SSH, Kerberos ...), and a command that
 * only reads the cache should not wait for them: with them a process takes
 * 20 ms to start, without them 2. Include this instead of <curl/curl.h>.
 */
#ifndef GALLEY_SRC_CURL_API_H
#define GALLEY_SRC_CURL_API_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_share_setopt
#undef curl_multi_setopt

#define CURL_FUNCTIONS(X)                                                      \
	X(curl_easy_cleanup)                                                   \
	X(curl_easy_getinfo)                                                   \
	X(curl_easy_init)                                                      \
	X(curl_easy_setopt)                                                    \
	X(curl_easy_strerror)                                                  \
	X(curl_free)                                                           \
	X(curl_global_cleanup)                                                 \
	X(curl_global_init)                                                    \
	X(curl_multi_add_handle)                                               \
	X(curl_multi_cleanup)                                                  \
	X(curl_multi_info_read)                                                \
	X(curl_multi_init)                                                     \
	X(curl_multi_perform)                                                  \
	X(curl_multi_poll)                                                     \
	X(curl_multi_remove_handle)                                            \
	X(curl_multi_setopt)                                                   \
	X(curl_multi_strerror)                                                 \
	X(curl_share_cleanup)                                                  \
	X(curl_share_init)                                                     \
	X(curl_share_setopt)                                                   \
	X(curl_slist_append)                                                   \
	X(curl_slist_free_all)                                                 \
	X(curl_url)                                                            \
	X(curl_url_cleanup)                                                    \
	X(curl_url_get)                                                        \
	X(curl_url_set)                                                        \
	X(curl_url_strerror)

struct curl_api {
#define X(f) __typeof__(&f) f;
	CURL_FUNCTIONS(X)
#undef X
};

/* Loads the library once, in whichever thread comes first. Never NULL: a
 * package without its library ends the program with a sentence. */
const struct curl_api *curl_api(void) __attribute__((returns_nonnull));

#ifndef CURL_API_ITSELF
#define curl_easy_cleanup	 (curl_api()->curl_easy_cleanup)
#define curl_easy_getinfo	 (curl_api()->curl_easy_getinfo)
#define curl_easy_init		 (curl_api()->curl_easy_init)
#define curl_easy_setopt	 (curl_api()->curl_easy_setopt)
#define curl_easy_strerror	 (curl_api()->curl_easy_strerror)
#define curl_free		 (curl_api()->curl_free)
#define curl_global_cleanup	 (curl_api()->curl_global_cleanup)
#define curl_global_init	 (curl_api()->curl_global_init)
#define curl_multi_add_handle	 (curl_api()->curl_multi_add_handle)
#define curl_multi_cleanup	 (curl_api()->curl_multi_cleanup)
#define curl_multi_info_read	 (curl_api()->curl_multi_info_read)
#define curl_multi_init		 (curl_api()->curl_multi_init)
#define curl_multi_perform	 (curl_api()->curl_multi_perform)
#define curl_multi_poll		 (curl_api()->curl_multi_poll)
#define curl_multi_remove_handle (curl_api()->curl_multi_remove_handle)
#define curl_multi_setopt	 (curl_api()->curl_multi_setopt)
#define curl_multi_strerror	 (curl_api()->curl_multi_strerror)
#define curl_share_cleanup	 (curl_api()->curl_share_cleanup)
#define curl_share_init		 (curl_api()->curl_share_init)
#define curl_share_setopt	 (curl_api()->curl_share_setopt)
#define curl_slist_append	 (curl_api()->curl_slist_append)
#define curl_slist_free_all	 (curl_api()->curl_slist_free_all)
#define curl_url		 (curl_api()->curl_url)
#define curl_url_cleanup	 (curl_api()->curl_url_cleanup)
#define curl_url_get		 (curl_api()->curl_url_get)
#define curl_url_set		 (curl_api()->curl_url_set)
#define curl_url_strerror	 (curl_api()->curl_url_strerror)
#endif

#endif
