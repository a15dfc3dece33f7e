import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { isAllowedHost } from "../allowed-host.ts";
import { COMMON_HEADERS, errorResponse, toNotFoundResponse } from "../errors.ts";
import { refuseInvalid } from "./answers.ts";
import { auditEvents } from "./audit-events.ts";
import { authenticate, findPathWorkspace, type ManagementEnv } from "./caller.ts";
import { health } from "./health.ts";
import { members } from "./members.ts";
import { serverCatalogue } from "./server-catalogue.ts";
import { servers } from "./servers.ts";
import { tokens } from "./tokens.ts";
import { toolCalls } from "./tool-calls.ts";
import { workspaces } from "./workspaces.ts";

const MAX_BODY_BYTES = 1024 * 1024;

/** The admins' API. Everything needs the operator key, except the description, which holds no data. */
export const management = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid });

management.use(async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(COMMON_HEADERS)) c.header(name, value);
});
management.use(async (c, next) => {
  if (isAllowedHost(c.req.header("host") ?? "", c.env.ALLOWED_HOSTS)) return next();
  return errorResponse(
    c,
    403,
    "forbidden_host",
    "This host name is not served here: see ALLOWED_HOSTS.",
  );
});
management.doc31("/openapi.json", {
  openapi: "3.1.0",
  info: { title: "mcpnest management API", version: "1" },
  servers: [{ url: "/api" }],
  security: [{ operatorKey: [] }],
});
management.use(authenticate);
management.use(
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) =>
      errorResponse(c, 413, "too_large", "The body is larger than 1 MiB: send less at once."),
  }),
);
management.use("/workspaces/:workspace/*", findPathWorkspace);
for (const resource of [
  workspaces,
  servers,
  serverCatalogue,
  members,
  tokens,
  toolCalls,
  auditEvents,
  health,
]) {
  management.route("/workspaces", resource);
}
management.all("*", toNotFoundResponse);

management.openAPIRegistry.registerComponent("securitySchemes", "operatorKey", {
  type: "http",
  scheme: "bearer",
});
