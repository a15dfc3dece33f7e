import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { connectV2, type Gateway } from "../../fixtures/clients.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, toPath } from "./served-dashboard.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const Invited = z.object({ url: z.string(), invitation: z.object({ memberId: z.string() }) });
const Issued = z.object({ token: z.string() });

describe.skipIf(!hasChromium)("requests for access", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let member: BrowserUser;
  let gateway: Gateway;
  let upstream: { url: string; close: () => void };

  beforeAll(async () => {
    upstream = await startEverythingUpstream("streamableHttp");
    stage = await openStage("demo", async ({ api }) => {
      const servers = [{ slug: "everything", url: upstream.url }];
      gateway = await createOpenWorkspace(api, "demo", servers);
      const rules = { enforcement: true, defaultAccess: "closed" };
      await manage(api, "PATCH", "/workspaces/demo", rules);
    });
    const { api, baseUrl } = stage.dashboard;
    const invitation = { name: "Mia", role: "member" };
    const invited = Invited.parse(
      await manage(api, "POST", "/workspaces/demo/invitations", invitation),
    );
    member = await openBrowserUser(stage.browser, baseUrl);
    await join(member, toPath(invited.url), "Mia");
    const { memberId } = invited.invitation;
    const issued = await manage(api, "POST", "/workspaces/demo/tokens", { label: "c", memberId });
    gateway = { ...gateway, token: Issued.parse(issued).token };
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    upstream.close();
  });

  test("lead from a refusal in a client to an approval, after which the same client's next call works", async () => {
    const client = await connectV2(gateway, "auto");
    const refusal = await client.call("echo", { message: "hello" }).catch(String);
    expect(refusal).toContain("Tool not allowed for this user. Ask for access: ");
    const address = /Ask for access: (\S+)/.exec(refusal)?.[1] ?? "";
    const { page } = member;
    const { pathname, search } = new URL(address);
    await page.goto(pathname + search);
    const form = page.getByRole("dialog", { name: "Ask for access" });
    expect(await form.getByLabel("Server").inputValue()).toBe("everything");
    expect(await form.getByLabel("Tool").inputValue()).toBe("echo");
    expect(await findProblems(page), "form").toEqual([]);
    await form.getByLabel("What for").fill("For the weekly report.");
    await form.getByRole("button", { name: "Ask" }).click();
    const own = page.getByRole("listitem", { name: "Request for echo of everything" });
    await own.getByText("Open", { exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe("");
    expect(await findProblems(page), "my access").toEqual([]);

    const admin = stage.page;
    await admin.goto("/w/demo");
    await admin.getByRole("link", { name: "1 request waits for an admin" }).click();
    const item = admin.getByRole("listitem", { name: "Request for echo of everything" });
    await item.getByText("For the weekly report.").waitFor();
    await item.getByText("Now: Not allowed, by no rule.").waitFor();
    expect(await findProblems(admin), "queue").toEqual([]);
    await item.getByRole("button", { name: "Approve …" }).click();
    const dialog = admin.getByRole("dialog", { name: "Approve echo of everything" });
    await dialog.getByLabel("Until").click();
    await admin.getByRole("option", { name: "1 hour" }).click();
    await dialog.getByLabel("Answer (optional)").fill("For an hour.");
    expect(await findProblems(admin), "approval").toEqual([]);
    await dialog.getByRole("button", { name: "Approve", exact: true }).click();
    await admin.getByText("No open requests for access").waitFor();

    expect(await client.call("echo", { message: "hello" })).toContain("hello");
    await client.close();
    await page.reload();
    await own.getByText("Approved.").waitFor();
    await own.getByText("For an hour.").waitFor();
    expect([member.problems, stage.owner.problems]).toEqual([[], []]);
  });

  test("can be begun from a refused call, withdrawn, and declined with words", async () => {
    const client = await connectV2(gateway, "auto");
    await client.call("get-sum", { a: 1, b: 2 }).catch(String);
    await client.close();
    const { page } = member;
    const readCalls = () => manage(stage.dashboard.api, "GET", "/workspaces/demo/tool-calls");
    await expect.poll(async () => JSON.stringify(await readCalls())).toContain("get-sum");
    await page.goto("/w/demo/my-access");
    const form = page.getByRole("dialog", { name: "Ask for access" });
    const own = page.getByRole("listitem", { name: "Request for get-sum of everything" });
    const ask = async () => {
      await page.getByRole("button", { name: "Ask for get-sum" }).first().click();
      await form.getByLabel("What for").fill("Sums.");
      await form.getByRole("button", { name: "Ask" }).click();
    };
    await ask();
    await own.getByRole("button", { name: "Withdraw" }).click();
    await own.getByText("Withdrawn", { exact: true }).waitFor();
    await ask();
    const admin = stage.page;
    await admin.goto("/w/demo/requests");
    await admin.getByRole("button", { name: "Decline" }).click();
    const dialog = admin.getByRole("dialog", { name: "Decline the request" });
    await dialog.getByLabel("Answer").fill("Use the spreadsheet.");
    await dialog.getByRole("button", { name: "Decline" }).click();
    await admin.getByText("No open requests for access").waitFor();
    await page.reload();
    await own.getByText("Use the spreadsheet.").first().waitFor();
    expect([member.problems, stage.owner.problems]).toEqual([[], []]);
  });
});
