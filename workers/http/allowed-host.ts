const HOST = /^[a-z0-9.-]{1,253}(:\d{1,5})?$|^\[[0-9a-f:]{2,45}\](:\d{1,5})?$/;

/** Whether the Worker answers under a `Host` header: one that is listed in `ALLOWED_HOSTS`, or any well-formed one for `*`. */
export function isAllowedHost(host: string, allowed: string): boolean {
  return HOST.test(host) && (allowed === "*" || allowed.split(",").includes(host));
}
