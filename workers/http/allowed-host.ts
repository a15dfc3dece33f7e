const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:]{2,45}\](:\d{1,5})?$/;

/** Whether the Worker serves this `Host` header: it is listed in `ALLOWED_HOSTS`, or well-formed where that is `*`. */
export function isAllowedHost(host: string, allowed: string): boolean {
  return HOST.test(host) && (allowed === "*" || allowed.split(",").includes(host));
}
