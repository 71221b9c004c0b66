/*
 * Makes megatools talk to the sandbox.
 *
 * megatools has MEGA's host name and the pin of its TLS key compiled in. This
 * library is preloaded (LD_PRELOAD) and stands before libcurl's
 * curl_easy_setopt: the API's address is replaced by the one in
 * MEGARC_SANDBOX_URL ("http://127.0.0.1:PORT/"), and options that only make
 * sense for the real host are dropped. Storage addresses come from the server
 * and pass unchanged. Built and used by tests/peers only.
 *
 *   gcc -shared -fPIC -O2 -o megatools_shim.so megatools_shim.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of libcurl's stable ABI: option type * 10000 + option. */
enum {
    OPTION_URL = 10002,
    OPTION_PROTOCOLS = 181,
    OPTION_SSL_VERIFYPEER = 64,
    OPTION_SSL_VERIFYHOST = 81,
    OPTION_CAINFO = 10065,
    OPTION_PINNEDPUBLICKEY = 10230,
    OPTION_PROTOCOLS_STR = 10318,
    FIRST_OFFSET = 30000,
    FIRST_BLOB = 40000
};

typedef int (*setopt_function)(void *handle, int option, ...);

static const char API[] = "https://g.api.mega.co.nz/";

static int set_url(setopt_function real, void *handle, const char *url)
{
    const char *sandbox = getenv("MEGARC_SANDBOX_URL");
    char replaced[8192];

    if (sandbox == NULL || strncmp(url, API, sizeof API - 1) != 0)
        return real(handle, OPTION_URL, url);
    if (snprintf(replaced, sizeof replaced, "%s%s", sandbox, url + sizeof API - 1)
        >= (int)sizeof replaced) {
        fputs("megatools_shim: the address is too long\n", stderr);
        abort();
    }
    /* libcurl copies the text */
    return real(handle, OPTION_URL, replaced);
}

int curl_easy_setopt(void *handle, int option, ...)
{
    static setopt_function real;
    va_list arguments;
    int result = 0;

    if (real == NULL)
        real = (setopt_function)dlsym(RTLD_NEXT, "curl_easy_setopt");
    va_start(arguments, option);
    switch (option) {
    case OPTION_URL:
        result = set_url(real, handle, va_arg(arguments, const char *));
        break;
    case OPTION_PROTOCOLS:
    case OPTION_PROTOCOLS_STR:
    case OPTION_SSL_VERIFYPEER:
    case OPTION_SSL_VERIFYHOST:
    case OPTION_CAINFO:
    case OPTION_PINNEDPUBLICKEY:
        break;
    default:
        if (option >= FIRST_OFFSET && option < FIRST_BLOB)
            result = real(handle, option, va_arg(arguments, long long));
        else if (option < 10000)
            result = real(handle, option, va_arg(arguments, long));
        else
            result = real(handle, option, va_arg(arguments, void *));
    }
    va_end(arguments);
    return result;
}
