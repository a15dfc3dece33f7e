import { createRoute } from "@tanstack/react-router";
import { requireSignIn } from "./require-sign-in.ts";
import { root } from "./root-route.ts";
import { Shell } from "./shell/shell.tsx";

/** Pages for signed-in users. */
export const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: ({ context, location: { href } }) => requireSignIn(context.queryClient, href),
  component: Shell,
});
