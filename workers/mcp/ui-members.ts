/**
 * Whether a member of `_meta` rules a user interface (MCP Apps): its page, hosts, permissions and origin. `ui/…` is the earlier
 * form.
 */
export function isUiMember(name: string): boolean {
  return name === "ui" || name.startsWith("ui/");
}

/** As `isUiMember`, for the content of a resource, where ChatGPT reads `openai/widgetCSP` and others (Apps SDK), too. */
export function isUiMemberOfContent(name: string): boolean {
  return isUiMember(name) || name.startsWith("openai/");
}
