/* SPDX-License-Identifier: MIT */
/*
 * The loading of libcurl. Its version is part of the name (libcurl.so.4), so
 * what was compiled against is what is loaded.
 */
#define CURL_API_ITSELF
#include "curl_api.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

static struct curl_api api;
static once_flag once = ONCE_FLAG_INIT;

static _Noreturn void missing(void)
{
	static const char text[] =
		"galley: libcurl.so.4 is missing; install libcurl4\n";

	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(70);
	_exit(70);
}

static void load(void)
{
	void *h = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!h)
		missing();
#define X(f)                                                                   \
	*(void **)(void *)&api.f = dlsym(h, #f);                               \
	if (!api.f)                                                            \
		missing();
	CURL_FUNCTIONS(X)
#undef X
}

const struct curl_api *curl_api(void)
{
	call_once(&once, load);
	return &api;
}
