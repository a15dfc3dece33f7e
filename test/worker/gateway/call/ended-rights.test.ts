import { expect, test } from "vitest";
import { change, makeMember, waitForRows } from "../../support/gateway-client.ts";
import {
  FORM_ELICITATION,
  initializeClient,
  makeRequestingWorkspace,
  openCall,
  waitForMessage,
} from "../../support/server-requests.ts";

/** Ends a right that an open call of the member has. The reason in its audit row; null: there is no row any more. */
const ENDINGS: [
  name: string,
  reason: string | null,
  end: (slug: string, memberId: string) => Promise<unknown>,
][] = [
  [
    "its rule is removed",
    "access_revoked",
    (slug, id) => change(slug, { type: "member.rules", id, rules: ["up:other"] }),
  ],
  [
    "its server is disabled",
    "access_revoked",
    (slug) => change(slug, { type: "server.update", slug: "up", patch: { enabled: false } }),
  ],
  [
    "its server is removed",
    "access_revoked",
    (slug) => change(slug, { type: "server.delete", slug: "up" }),
  ],
  [
    "its member is removed",
    "token_revoked",
    (slug, id) => change(slug, { type: "member.delete", id }),
  ],
  ["its workspace is deleted", null, (slug) => change(slug, { type: "workspace.delete" })],
];

test.concurrent.each(ENDINGS)(
  "an open call ends with an error when %s",
  async (name, reason, end) => {
    const slug = name.replaceAll(" ", "-").slice(0, 30);
    const made = await makeRequestingWorkspace("legacy", slug);
    const { memberId, token } = await makeMember(slug, ["up:ask"]);
    const client = await initializeClient({ slug, token });
    const other = await initializeClient(made);
    const ask = { questions: [FORM_ELICITATION] };
    const [mine, theirs] = [
      await openCall(client, "ask", ask, { id: "mine" }),
      await openCall(other, "ask", ask, { id: "theirs" }),
    ];
    await waitForMessage(mine, 1);
    await waitForMessage(theirs, 1);
    await end(slug, memberId);
    expect(await mine.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
    expect(mine.messages).toMatchObject([
      { method: "elicitation/create" },
      { id: "mine", error: { data: { reason: reason ?? "token_revoked" } } },
    ]);
    // Calls of others end only with their server or workspace.
    const hasCommonEnd = /server|workspace/.test(name);
    expect(hasCommonEnd || !theirs.hasEnded).toBe(true);
    if (reason === null) return;
    const rows = (await waitForRows(slug, 1)).filter((row) => row.memberId === memberId);
    expect(rows).toMatchObject([{ status: "cancelled", errorCode: reason }]);
    await theirs.close();
  },
);

test("an open call ends when its token expires", async () => {
  const slug = "expires-within";
  await makeRequestingWorkspace("legacy", slug);
  const { memberId } = await makeMember(slug, ["up:*"]);
  const input = { label: "short", memberId, expiresAt: Date.now() + 3_000 };
  const { token } = await change(slug, { type: "token.create", input });
  const client = await initializeClient({ slug, token });
  const stream = await openCall(client, "ask", { questions: [FORM_ELICITATION] });
  await waitForMessage(stream, 1);
  expect(await stream.waitUntil(({ hasEnded }) => hasEnded)).toBe(true);
  const rows = await waitForRows(slug, 1);
  expect(rows).toMatchObject([{ status: "cancelled", errorCode: "token_revoked" }]);
});
