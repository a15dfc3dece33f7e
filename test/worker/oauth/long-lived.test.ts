import { expect, inject, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { type Browser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { OauthClient } from "../support/oauth-client.ts";

const DAYS = 14;

/** What clients that were reported to ask for a new sign-in do on a day before they call. `day`: from 1, a Monday. */
const SHAPES: Record<string, (client: OauthClient, day: number) => Promise<unknown>> = {
  "never refreshes": () => Promise.resolve(),
  "asks for no offline_access, and refreshes daily": (client) => client.refresh(),
  "refreshes twice at once, and keeps either answer": (client) =>
    Promise.all([client.refresh(), client.refresh()]),
  "registers anew at each start": (client) => client.register(),
  "is closed over the weekend, and refreshes on Monday": async (client, day) =>
    day % 7 === 1 ? client.refresh() : undefined,
  "ignores 401, and sends what it has": (client) => client.rpc("ping", {}, { token: "" }),
  "checks first whether anything answers": (client) => client.fetch(`/mcp/${client.slug}`),
};

let owner: Browser | undefined;

async function openWorkspace(slug: string): Promise<Browser> {
  if (owner) return owner;
  owner = await makeOwner(slug);
  const url = `${inject("hostileUrl")}/ok`;
  await owner.send("POST", `/workspaces/${slug}/servers`, { slug: "ok", url });
  await owner.send("PATCH", `/workspaces/${slug}`, { enforcement: false });
  return owner;
}

test.each(Object.entries(SHAPES))(
  "a client that %s calls for 14 days after one sign-in",
  async (_, act) => {
    const browser = await openWorkspace("oa-days");
    const client = await OauthClient.signedIn("oa-days", browser);
    const statuses: number[] = [];
    for (let day = 1; day <= DAYS; day++)
      await later(day * DAY_MS, async () => {
        await act(client, day);
        statuses.push(await client.statusOfCall());
      });
    expect(statuses).toEqual(Array.from({ length: DAYS }, () => 200));
  },
);
