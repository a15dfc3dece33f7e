// node scripts/check-deployment.ts: checks the wrangler.toml of the current folder before a deployment, and fails with the
// settings that must be changed first. docs/first-deploy.md explains them.
import { unstable_readConfig } from "wrangler";
import { z } from "zod";

const Config = z.object({
  vars: z.object({ ALLOWED_HOSTS: z.string() }),
  d1_databases: z.tuple([z.object({ database_id: z.string() })]),
  routes: z
    .array(
      z.union([
        z.string(),
        z.object({ pattern: z.string(), custom_domain: z.boolean().optional() }),
      ]),
    )
    .optional(),
});

/** The id in the repository, which is good for local databases only. */
const NO_DATABASE = /^0{8}-/;

const config = Config.parse(
  unstable_readConfig({ config: "wrangler.toml" }, { hideWarnings: true }),
);
const problems = findProblems(config);
for (const problem of problems) console.error(`wrangler.toml: ${problem}`);
if (problems.length > 0) process.exit(1);

function findProblems({ vars, d1_databases: [database], routes = [] }: z.infer<typeof Config>) {
  const found: string[] = [];
  if (NO_DATABASE.test(database.database_id))
    found.push("database_id: put in the id that `npx wrangler d1 create mcpnest` prints.");
  const allowed = vars.ALLOWED_HOSTS.split(",");
  if (allowed.includes("*")) {
    found.push(
      'ALLOWED_HOSTS: list the hosts under which the gateway is reached, for example "mcp.example.com". With *, it answers under every name that is routed to it later, and passkeys of one name do not work under another.',
    );
    return found;
  }
  for (const route of routes) {
    if (typeof route === "string" || !route.custom_domain || allowed.includes(route.pattern))
      continue;
    found.push(`ALLOWED_HOSTS: add ${route.pattern}, which is a route; it would get 403.`);
  }
  return found;
}
