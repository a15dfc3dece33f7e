import { describe, expect, test } from "vitest";
import { hostingProblem } from "./hosting-problem.ts";
import { withStage } from "./stage.ts";

describe.skipIf(hostingProblem)("starts through the gateway", () => {
  const on = withStage();

  test("16 servers that are deployed at once all end running, while the gateway shows which wait", async () => {
    const { stage } = on;
    const workspaces = ["many-one", "many-two"];
    for (const slug of workspaces) {
      await stage.workspace(slug);
      const plan = { plan: "enterprise", maxInstances: 8 };
      await stage.manage("PUT", `/workspaces/${slug}/hosting-plan`, plan);
    }
    const deployed = await Promise.all(
      workspaces.flatMap((slug) =>
        Array.from({ length: 8 }, async (_, index) => {
          const input = { catalogueId: "memory", slug: `memory-${index}`, prefix: `m${index}` };
          return { slug, id: (await stage.deploy(slug, input)).id };
        }),
      ),
    );
    const reasons = new Set<string>();
    const settled = deployed.map(({ slug, id }) =>
      stage.waitFor(
        slug,
        id,
        ({ state, reason }) => {
          if (reason) reasons.add(reason.code);
          return state === "running" || state === "failed";
        },
        300_000,
      ),
    );
    const states = (await Promise.all(settled)).map(({ state }) => state);
    expect(states).toEqual(Array.from({ length: 16 }, () => "running"));
    // On a busy machine the host can be late with a response: then the gateway waits for the host.
    reasons.delete("host_busy");
    expect([...reasons]).toEqual(["queued"]);
    await Promise.all(
      deployed.map(({ slug, id }) => stage.send("DELETE", `/workspaces/${slug}/instances/${id}`)),
    );
    // Where a busy host is late with a termination, the cron repeats it.
    const readAfterCron = async () => {
      await stage.everyMinute();
      return stage.containers();
    };
    await expect.poll(readAfterCron, { timeout: 45_000, interval: 1_000 }).toEqual([]);
  }, 350_000);

  test("a server whose host does not respond for a moment is started when it does", async () => {
    const { stage } = on;
    await stage.workspace("patient");
    await stage.host.kill();
    const { id } = await stage.deploy("patient", { catalogueId: "memory" });
    const waiting = await stage.waitFor("patient", id, ({ reason }) => reason !== null);
    expect(waiting).toMatchObject({ state: "starting", reason: { code: "host_busy" } });
    await stage.host.start();
    await stage.waitFor("patient", id, ({ state }) => state === "running");
    await stage.send("DELETE", `/workspaces/patient/instances/${id}`);
  }, 60_000);
});
