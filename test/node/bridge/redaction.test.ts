import { expect, test } from "vitest";
import { startBridge, launchBridge, SERVERS, type RunningBridge } from "./start-bridge.ts";

const PEM = [
  "-----BEGIN PRIVATE KEY-----",
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
  "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
  "-----END PRIVATE KEY-----",
].join("\n");
const [, FIRST_LINE = "", SECOND_LINE = ""] = PEM.split("\n");
const PASSWORD = "p@ss/w0rd+x";
const CREDENTIALS = {
  PRIVATE_KEY: PEM,
  DATABASE_URL: `postgres://appowner:${encodeURIComponent(PASSWORD)}@db.example.com:5432/shop?sslmode=verify-full&api_key=q9w8e7r6`,
  HEADERS: '{"Authorization":"Bearer ntn_0123456789ab","X-Version":"1"}',
  CONNECTION: "host=db user=me password='tr0ub4dor &3'",
  TOKEN: "cänary/+ 0123456789",
  SLACK: "https://hooks.slack.com/services/T0A1B2C3D/B4E5F6G7H/abcdEFGHijklMNOPqrstUVWX",
  TELEGRAM: "https://api.telegram.org/bot123456:ABC-DEF1234ghIkl-zyx57W2v/getMe",
  BASIC: `Basic ${btoa("ada:op3n-sesame")}`,
  ODBC: "Driver={SQL Server};Uid=me;Password={Br4ced;Pwd!}",
  ADO: "Server=sql;Password=sp4ced out, value;Encrypt=yes",
  LIBPQ: "host=db password=w0rd\\ w1th\\ spaces",
  LIBPQ_QUOTED: "host=db password='it\\'s qu0ted'",
  HEADER_LINES: "Authorization: Bearer he4der-one\nX-Api-Key: he4der-two",
  COOKIE: "a=c00kie-one; theme=dark; b=c00kie-two",
};
const HANDOVER = `${JSON.stringify({ credentials: CREDENTIALS })}\n`;

/** Every way in which a program writes a text. */
const FORMS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  "percent-encoded": encodeURIComponent,
  "percent-encoded in lower case": (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  "form-encoded": (text) => new URLSearchParams({ text }).toString().slice("text=".length),
  JSON: (text) => JSON.stringify(text),
  "JSON in JSON": (text) => JSON.stringify(JSON.stringify(text)),
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 after one byte": (text) => Buffer.from(`:${text}!`).toString("base64"),
  "base64url after two bytes": (text) => Buffer.from(`::${text}`).toString("base64url"),
  hexadecimal: (text) => Buffer.from(text).toString("hex"),
};
/** Secret parts of the credentials. */
const SECRETS = [
  FIRST_LINE,
  PASSWORD,
  "q9w8e7r6",
  "ntn_0123456789ab",
  "tr0ub4dor &3",
  "abcdEFGHijklMNOPqrstUVWX",
  "ABC-DEF1234ghIkl-zyx57W2v",
  "op3n-sesame",
  "Br4ced;Pwd!",
  "sp4ced out, value",
  "w0rd w1th spaces",
  "it's qu0ted",
  "he4der-one",
  "he4der-two",
  "c00kie-one",
  "c00kie-two",
];

const say = (bridge: RunningBridge, line: string) => bridge.call("say", { line });

/** The lines that the bridge logs for a line of the server, which ends with the word `done`. */
async function logOf(bridge: RunningBridge, line: string): Promise<string> {
  const before = bridge.log().length;
  await say(bridge, `${line} done`);
  await expect.poll(() => bridge.log().slice(before)).toContain("done");
  return bridge.log().slice(before);
}

test("the log shows no part of a credential in any encoding", async () => {
  const bridge = await startBridge(SERVERS.odd, { handover: HANDOVER });
  for (const write of Object.values(FORMS)) {
    for (const secret of [...SECRETS, CREDENTIALS.TOKEN]) {
      const log = await logOf(bridge, `a line with <${write(secret)}>`);
      expect(log).toContain("[redacted]");
      expect(log).not.toContain(write(secret));
      expect(log).not.toContain(secret);
    }
  }
}, 60_000);

test("the log shows no line of a credential of several lines, alone, as JSON or in wrapped base64", async () => {
  const bridge = await startBridge(SERVERS.odd, { handover: HANDOVER });
  const wrapped = Buffer.from(PEM).toString("base64").replaceAll(/.{76}/g, "$&\n");
  for (const text of [PEM, JSON.stringify({ key: PEM }), PEM.replaceAll("\n", "  "), wrapped]) {
    const log = await logOf(bridge, text);
    for (const secret of [FIRST_LINE, SECOND_LINE, FIRST_LINE.slice(0, 30)])
      expect(log).not.toContain(secret);
    for (const line of wrapped.split("\n").slice(0, -1)) expect(log).not.toContain(line);
  }
  expect(await logOf(bridge, "host db.example.com, mode verify-full")).toContain(
    "server: host db.example.com, mode verify-full done",
  );
});

test.each([1_480, 1_490, 1_999, 2_040, 4_000, 30_000])(
  "the log redacts a credential that begins at character %d of a line before it cuts the line",
  async (offset) => {
    const bridge = await startBridge(SERVERS.odd, { handover: HANDOVER });
    const line = `${"x y ".repeat(offset).slice(0, offset)}${CREDENTIALS.TOKEN}${FIRST_LINE} ${"z ".repeat(230)}`;
    const log = await logOf(bridge, line);
    for (const secret of [CREDENTIALS.TOKEN, FIRST_LINE])
      for (let at = 0; at + 8 <= secret.length; at++)
        expect(log).not.toContain(secret.slice(at, at + 8));
    expect(Math.max(...log.split("\n").map(({ length }) => length))).toBeLessThan(2_100);
  },
);

test("the log leaves out a line that is too long to be redacted", async () => {
  const bridge = await startBridge(SERVERS.odd, { handover: HANDOVER });
  await say(bridge, `${CREDENTIALS.TOKEN}${"x".repeat(70_000)}${CREDENTIALS.TOKEN}`);
  await expect.poll(() => bridge.log()).toContain("server: (a line of more than 64 KiB)");
});

test("the reason of an end contains no credential, also of a line that is cut", async () => {
  const bridge = launchBridge(
    `${SERVERS.odd} exit '${"a b ".repeat(370)}${FIRST_LINE} ${"z ".repeat(600)}'`,
    { handover: HANDOVER },
  );
  expect(await bridge.exited).toBe(4);
  expect(bridge.log()).toContain("a b [redacted]");
  expect(bridge.log()).not.toContain(FIRST_LINE.slice(0, 8));
});

test("a result and an error of the server contain no credential, and everything else is unchanged", async () => {
  const bridge = await startBridge(SERVERS.odd, { handover: HANDOVER });
  const environment: unknown = JSON.parse(await bridge.callText("environment"));
  expect(environment).toMatchObject({
    PRIVATE_KEY: "[redacted]",
    DATABASE_URL: "[redacted]",
    HEADERS: "[redacted]",
    TOKEN: "[redacted]",
    PATH: process.env["PATH"],
  });
  for (const secret of [...SECRETS, CREDENTIALS.TOKEN]) {
    for (const [name, write] of Object.entries(FORMS)) {
      const text = write(secret);
      const answer = await bridge.callText("echo", { line: text });
      expect([name, answer]).toEqual([name, expect.stringContaining("[redacted]")]);
      const failure = JSON.stringify(await bridge.call("fail", { line: text }));
      for (const revealed of [answer, failure])
        for (const form of [secret, text]) expect(revealed).not.toContain(form);
    }
  }
  const unchanged = { line: "db.example.com appowner 12345678901234567890 \\u00e4" };
  expect(await bridge.callText("echo", unchanged)).toBe(unchanged.line);
});
