import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const Terms = z.record(z.string(), z.object({ endsAt: z.number().nullable() }));
const Members = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), rules: z.array(z.string()) })),
});
const Teams = z.object({
  items: z.array(z.object({ id: z.string(), rules: z.array(z.string()), terms: Terms })),
});

describe.skipIf(!hasChromium)("teams in the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let upstream: { url: string; close: () => void };

  const readTeam = async () => {
    const { items } = Teams.parse(
      await manage(stage.dashboard.api, "GET", "/workspaces/demo/teams"),
    );
    return items[0];
  };

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("demo", async ({ api }) => {
      await createOpenWorkspace(api, "demo", [{ slug: "everything", url: upstream.url }]);
      await manage(api, "PATCH", "/workspaces/demo", {
        enforcement: true,
        defaultAccess: "closed",
      });
      await manage(api, "POST", "/workspaces/demo/members", { name: "Mia" });
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
  });

  test("are created, get members, and give them what the grid shows", async () => {
    const { page } = stage;
    await page.goto("/w/demo/members");
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByText("No teams yet").waitFor();
    await page.getByRole("button", { name: "Create a team" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Shop");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const team = page.getByRole("listitem", { name: "Shop" });
    await team.getByRole("button", { name: "Members" }).click();
    const members = page.getByRole("dialog", { name: "Members of Shop" });
    await members.getByRole("checkbox", { name: "Mia" }).click();
    expect(await findProblems(page), "members").toEqual([]);
    await members.getByRole("button", { name: "Save" }).click();
    await team.getByText("1 member").waitFor();
    expect(await findProblems(page), "teams").toEqual([]);

    await team.getByRole("link", { name: "0 rules" }).click();
    await page.getByRole("button", { name: "Add rules for Shop" }).click();
    const dialog = page.getByRole("dialog", { name: "Add rules for Shop" });
    await dialog.getByRole("combobox", { name: "Servers and tools" }).fill("read-only");
    await page.getByRole("option", { name: "everything:*[read-only]" }).click();
    await dialog.getByLabel("Until").click();
    await page.getByRole("option", { name: "7 days" }).click();
    expect(await findProblems(page), "rules").toEqual([]);
    await dialog.getByRole("button", { name: "Add 1 rule" }).click();
    await page.getByText("everything: read-only tools").waitFor();
    expect((await readTeam())?.rules).toEqual(["everything:*[read-only]"]);

    await page.goto("/w/demo/access?view=grid");
    const cell = (name: string) => page.getByRole("checkbox", { name });
    await cell("Mia: everything:echo, allowed by a rule of a team").waitFor();
    expect(await findProblems(page), "grid").toEqual([]);
    await page.goto("/w/demo/access?view=grid&of=teams");
    await cell("Shop: everything:echo, allowed by the rule for tools of its kind").waitFor();
  });

  test("keep the end of a rule that is taken away and given back", async () => {
    const { page } = stage;
    const before = (await readTeam())?.terms["everything:*[read-only]"]?.endsAt;
    expect(before).toBeGreaterThan(Date.now());
    await page.goto("/w/demo/access?of=teams");
    await page.getByRole("button", { name: "Remove rule everything:*[read-only]" }).click();
    await page.getByRole("button", { name: /^Take the last rule$/ }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Rules restored").waitFor();
    expect((await readTeam())?.terms["everything:*[read-only]"]?.endsAt).toBe(before);
  });

  test("deny what others allow, and a person's grid shows it", async () => {
    const { page } = stage;
    await page.goto("/w/demo/access?of=teams");
    await page.getByRole("button", { name: "Add rules for Shop" }).click();
    const dialog = page.getByRole("dialog", { name: "Add rules for Shop" });
    await dialog.getByRole("combobox", { name: "Servers and tools" }).fill("echo");
    await page.getByRole("option", { name: "everything:echo" }).click();
    await dialog.getByRole("checkbox", { name: "Deny it, whatever else allows" }).click();
    await dialog.getByRole("button", { name: "Add 1 rule" }).click();
    await page.getByText("Denied: everything:echo").waitFor();
    expect(await findProblems(page), "denial").toEqual([]);
    await page.goto("/w/demo/access?view=grid");
    await page.getByRole("checkbox", { name: "Mia: everything:echo, denied by a rule" }).waitFor();
    expect(stage.owner.problems).toEqual([]);
  });

  test("explain a person's access, and narrow rules to what was called", async () => {
    const { page, dashboard } = stage;
    await page.goto("/w/demo/access?view=tool&tool=everything:echo");
    await page.getByRole("button", { name: "Why, for Mia" }).click();
    const why = page.getByRole("dialog", { name: "Mia: echo of everything" });
    await why.getByText("Denied by the rule !everything:echo of the team Shop").waitFor();
    await why.getByText(/^Added .* by Ada\.$/).waitFor();
    await why.getByText("everything:*[read-only] of the team Shop").waitFor();
    expect(await findProblems(page), "why").toEqual([]);
    await page.keyboard.press("Escape");

    const { items } = Members.parse(await manage(dashboard.api, "GET", "/workspaces/demo/members"));
    const mia = items.find(({ name }) => name === "Mia")?.id;
    await manage(dashboard.api, "PUT", `/workspaces/demo/members/${mia}/rules`, {
      rules: ["everything:*"],
    });
    await page.goto("/w/demo/access?view=suggestions");
    await page.getByRole("button", { name: "Narrow the rules of Mia" }).click();
    const dialog = page.getByRole("dialog", { name: "Narrow the rules of Mia?" });
    await dialog.getByText("everything: all tools").waitFor();
    expect(await findProblems(page), "narrow").toEqual([]);
    await dialog.getByRole("button", { name: "Narrow", exact: true }).click();
    await page.getByText("Rules narrowed").waitFor();
    const after = Members.parse(await manage(dashboard.api, "GET", "/workspaces/demo/members"));
    expect(after.items.find(({ name }) => name === "Mia")?.rules).toEqual([]);
    expect(stage.owner.problems).toEqual([]);
  });
});
