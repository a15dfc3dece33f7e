// The path of a new member, from the invitation to the first call of a client.
import type { Locator } from "playwright-core";
import type { BrowserUser } from "../node/dashboard/chromium.ts";
import { toPath } from "../node/dashboard/served-dashboard.ts";

/** What the path needs. Both people use the dashboard in Chromium. */
export interface Walk {
  /** Signed in as an owner of the workspace. */
  owner: BrowserUser;
  member: BrowserUser;
  workspace: string;
  /** Runs the copied text as the member would in a terminal, then has the client call a tool. */
  runClient: (copied: string) => Promise<void>;
}

/** A part of the path. */
export interface Part {
  name: string;
  seconds: number;
  /** Clicks of the member; of the owner in the first part. */
  clicks: number;
}

/** Walks the path and measures its parts. Rejects where it does not lead on. */
export async function walkFirstMinute(walk: Walk): Promise<Part[]> {
  const { owner, member, workspace, runClient } = walk;
  const { page } = member;
  const parts: Part[] = [];
  let clicks = 0;
  const click = async (target: Locator) => {
    clicks++;
    await target.click();
  };
  const measure = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    clicks = 0;
    const result = await work();
    parts.push({ name, seconds: (performance.now() - startedAt) / 1000, clicks });
    return result;
  };

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const link = await measure("the owner invites", () => invite(owner, workspace, click));
  await measure("the member opens the link and creates a passkey", async () => {
    await page.goto(toPath(link));
    await click(page.getByRole("button", { name: "Create a passkey" }));
    await page.getByRole("radio", { name: "Claude Code" }).waitFor();
  });
  const copied = await measure(
    "the member chooses Claude Code and copies the command",
    async () => {
      await click(page.getByRole("radio", { name: "Claude Code" }));
      await click(page.getByRole("button", { name: "Use a token instead" }));
      await click(page.getByRole("button", { name: "Create token" }));
      await click(page.getByRole("button", { name: "Copy command" }).first());
      await page.getByText("Waiting for the first call").waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    },
  );
  await measure("the command and the first call of the client", () => runClient(copied));
  await measure("the page shows the call", async () => {
    const status = page.getByRole("status", { name: "Connection" });
    await status.getByText("works").waitFor();
  });
  return parts;
}

async function invite(
  { page }: BrowserUser,
  workspace: string,
  click: (target: Locator) => Promise<void>,
): Promise<string> {
  await page.goto(`/w/${workspace}/members`);
  await click(page.getByRole("button", { name: "Invite people" }));
  await page.getByLabel("Name", { exact: true }).fill("Grace");
  await click(page.getByRole("button", { name: "Create link" }));
  return (await page.getByLabel("invitation link", { exact: true }).textContent()) ?? "";
}
