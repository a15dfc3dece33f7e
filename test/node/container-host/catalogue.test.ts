import Docker from "dockerode";
import { beforeAll, describe, expect, test } from "vitest";
import { HOSTING_CATALOGUE } from "../../../workers/contract/hosting/catalogue-data.ts";
import { engineProblem } from "./engine-problem.ts";
import { readAll } from "./host-client.ts";
import { withHost } from "./with-host.ts";

const imagesProblem = await findImagesProblem();
if (imagesProblem !== null) {
  if (process.env["CI"] === "true") throw new Error(imagesProblem);
  console.log(`Skipped: ${imagesProblem}`);
}

describe.skipIf(engineProblem ?? imagesProblem)("every server of the hosting catalogue", () => {
  const parts = withHost();

  beforeAll(async () => {
    const { engine, host } = parts;
    const servers = { id: await engine.copyImage("mcpnest-servers") };
    const browser = { id: await engine.copyImage("mcpnest-browser") };
    await host.stop();
    await host.start({
      MCPNEST_HOST_IMAGES: JSON.stringify({ servers, browser }),
      MCPNEST_HOST_CATALOGUE: "",
    });
  }, 180_000);

  test.each(HOSTING_CATALOGUE)(
    "$id is deployed with invented credentials and lists its tools",
    async (entry) => {
      const { host } = parts;
      const values: Record<string, string> = {
        DATABASE_URL: "postgres://user:pass@db.example:5432/db",
      };
      const variables = Object.fromEntries(
        entry.variables.map(({ key }) => [key, values[key] ?? "invented-0123456789"]),
      );
      const startedAt = performance.now();
      const deployed = await host.deploy(entry.id, { profile: entry.profile, variables });
      console.log(`${entry.id}: ${Math.round(performance.now() - startedAt)} ms`);
      expect(deployed.response).toMatchObject({ state: "running", health: "healthy" });
      const response = await readAll(await host.openRequest(deployed, "tools/list", {}));
      expect(response).toMatch(/"inputSchema"/);
    },
  );
});

async function findImagesProblem(): Promise<string | null> {
  const docker = new Docker();
  for (const name of ["mcpnest-servers", "mcpnest-browser"]) {
    const image = await docker
      .getImage(name)
      .inspect()
      .catch(() => null);
    if (!image) return `the image ${name} does not exist: run bridge/image/build.sh browser`;
  }
  return null;
}
