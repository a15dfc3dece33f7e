import { expect, inject, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { sha256Hex } from "../../../workers/crypto/sha256.ts";
import { type Browser, makeOwner } from "../support/browser.ts";
import { later } from "../support/clock.ts";
import { change, makeMember, makeWorkspace } from "../support/gateway-client.ts";
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

/** A grant has at most 10 access tokens. */
const TOKENS_OF_GRANT = 10;
const GRANTS = 5;
/** Each has clients of its own address: the gateway limits the refused tokens of an address. */
const WORKSPACES = 20;

test(
  "an access token of a grant that is revoked is refused on the next call, 1,000 times of 1,000",
  { timeout: 120_000 },
  async () => {
    const statuses: Record<string, number> = {};
    for (let workspace = 0; workspace < WORKSPACES; workspace++) {
      const slug = `oa-revoked-${workspace}`;
      await makeWorkspace(slug);
      const { memberId } = await makeMember(slug, ["ok:*"]);
      const grants = Array.from({ length: GRANTS }, (_, grant) =>
        callAndRevoke(slug, memberId, `grant-${workspace}-number-${grant}`),
      );
      for (const both of (await Promise.all(grants)).flat())
        statuses[both] = (statuses[both] ?? 0) + 1;
    }
    expect(statuses).toEqual({ "200, then 401": WORKSPACES * GRANTS * TOKENS_OF_GRANT });
  },
);

/** For each access token of a new grant, the statuses of a request and, after the revocation of the grant, of a call. */
async function callAndRevoke(slug: string, memberId: string, grant: string): Promise<string[]> {
  const endsAt = Date.now() + DAY_MS;
  const client = { id: "c", name: "Client", host: null, redirectHost: "127.0.0.1" };
  const program = new OauthClient(slug);
  const tokens: string[] = [];
  const before: number[] = [];
  for (let made = 0; made < TOKENS_OF_GRANT; made++) {
    const token = `${slug}.${memberId}:${grant}:${crypto.randomUUID()}`;
    const issued = { grant, access: { digest: sha256Hex(token), expiresAt: endsAt }, endsAt };
    await change(
      slug,
      made === 0
        ? { type: "grant.create", ...issued, memberId, client, tools: null }
        : { type: "grant.refresh", ...issued },
    );
    tokens.push(token);
    before.push((await program.rpc("ping", {}, { token })).status);
  }
  await change(slug, { type: "grant.end", grant, cause: "client" });
  const after = await Promise.all(tokens.map((token) => program.statusOfCall(token)));
  return tokens.map((_, index) => `${before[index]}, then ${after[index]}`);
}
