// node scripts/check-deployment.ts: checks the wrangler.toml of the current folder before a deployment, and fails with the
// settings that must be changed first. docs/first-deploy.md explains them.
import { unstable_readConfig } from "wrangler";
import { z } from "zod";

const Config = z.object({
  workers_dev: z.boolean().optional(),
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

function findProblems(checked: z.infer<typeof Config>): string[] {
  const [database] = checked.d1_databases;
  const found: string[] = [];
  if (NO_DATABASE.test(database.database_id))
    found.push("database_id: put in the id that `npx wrangler d1 create mcpnest` prints.");
  if (checked.workers_dev !== false)
    found.push(
      "workers_dev: set it to false. Access and the WAF of your zone do not protect the address on workers.dev.",
    );
  return [...found, ...findHostProblems(checked)];
}

function findHostProblems({ vars, routes = [] }: z.infer<typeof Config>): string[] {
  const allowed = vars.ALLOWED_HOSTS.split(",").filter((host) => host !== "");
  if (allowed.length === 0 || allowed.includes("*"))
    return [
      'ALLOWED_HOSTS: list the hosts under which the gateway is reached, for example "mcp.example.com". With *, it answers under every name that is routed to it later, and passkeys of one name do not work under another.',
    ];
  const unusable = allowed.filter((host) => !/^[a-z0-9.-]+(:[0-9]+)?$/.test(host));
  if (unusable.length > 0)
    return [
      `ALLOWED_HOSTS: write hosts in lower case, with commas and no spaces between them. Not usable: ${unusable.map((host) => JSON.stringify(host)).join(", ")}.`,
    ];
  if (routes.length === 0)
    return ["routes: name the gateway's address. Without one, the Worker cannot be reached."];
  const domains = routes.flatMap((route) =>
    typeof route !== "string" && route.custom_domain ? [route.pattern] : [],
  );
  return domains
    .filter((host) => !allowed.includes(host))
    .map((host) => `ALLOWED_HOSTS: add ${host}, which is a route; it would get 403.`);
}
