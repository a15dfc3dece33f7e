/**
 * Paths of every signed-in page, in a workspace `demo` with a server `everything`. `:instance` is a placeholder for the
 * id of a hosted server.
 */
export const PAGES = [
  "/w/demo",
  "/w/demo?by=server&range=7d",
  "/w/demo/connect",
  "/w/demo/connect?client=windsurf&system=windows",
  "/w/demo/servers",
  "/w/demo/servers/new",
  "/w/demo/servers/new?source=catalogue",
  "/w/demo/servers/new/github",
  "/w/demo/servers/hosted/:instance",
  "/w/demo/servers/hosted/:instance?console=true",
  "/w/demo/servers/everything",
  "/w/demo/servers/everything?tab=prompts",
  "/w/demo/servers/everything?tab=resources",
  "/w/demo/servers/everything?tab=health",
  "/w/demo/servers/everything?tab=settings",
  "/w/demo/try?tool=get-sum",
  "/w/demo/members",
  "/w/demo/tokens?view=all",
  "/w/demo/tokens?view=api-keys",
  "/w/demo/access",
  "/w/demo/access?server=everything",
  "/w/demo/access?view=tool&tool=everything:get-sum",
  "/w/demo/my-access",
  "/w/demo/audit",
  "/w/demo/audit?tab=events",
  "/w/demo/settings",
  "/account",
  "/new",
];
