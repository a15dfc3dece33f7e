import { CLIENT_IDS, CLIENT_TRAITS, type ClientId } from "../marketplace/install/clients.ts";
import { toFile } from "../marketplace/install/installation.ts";
import { Filler } from "../marketplace/install/values.ts";
import type { GeneratedServer } from "./generated-server.ts";
import { PROJECT_NODE, PROJECT_PACKAGES, PROJECT_TSCONFIG } from "./project-settings.ts";

/** The command that installs and builds every generated project. */
export const INSTALL_COMMAND = "npm install && npm run build";

/** Where a project is on a person's computer: the person replaces it. */
const PLACE = "/path/to";
const ENDINGS = { json: "json", toml: "toml", yaml: "yaml" } as const;
const VARIABLE =
  /process\.env(?:\.([A-Za-z_][A-Za-z0-9_]{0,63})|\[\s*["'`]([A-Za-z_][A-Za-z0-9_]{0,63})["'`]\s*\])/g;

/** The environment variables that a server's code names, each once. */
export function listVariables(code: string): string[] {
  const found = [...code.matchAll(VARIABLE)].map((match) => match[1] ?? match[2] ?? "");
  return [...new Set(found)];
}

/** The files of a generated server's project, by their paths in it. */
export function toProjectFiles(generated: GeneratedServer): Record<string, string> {
  const { server, tools } = generated;
  const variables = listVariables(server.code);
  const clients = CLIENT_IDS.map((client) => {
    const { language, text } = toClientFile(client, server.name, variables);
    return [`clients/${client}.${ENDINGS[language]}`, `${text}\n`] as const;
  });
  return {
    "package.json": toJson(toPackage(server)),
    "tsconfig.json": toJson(PROJECT_TSCONFIG),
    "src/index.ts": server.code,
    "test/server.test.mjs": toTest(tools.map(({ name }) => name)),
    "README.md": toReadme(generated, variables),
    ".env.example": variables.map((name) => `${name}=<${name}>\n`).join(""),
    ".gitignore": "node_modules\ndist\n.env\n",
    ...Object.fromEntries(clients),
  };
}

/** A client's configuration of the server, with placeholders for the project's place and its variables. */
export function toClientFile(client: ClientId, name: string, variables: string[]) {
  const env = variables.map((variable) => ({
    name: variable,
    text: `<${variable}>`,
    open: [],
    isReference: false,
    isBearer: false,
  }));
  const setup = {
    kind: "program" as const,
    command: "node",
    options: [],
    entryOptions: [],
    args: [`${PLACE}/${name}/dist/index.js`],
    env,
  };
  return toFile(client, [{ key: name, setup, filler: new Filler(client, name, {}, false) }]);
}

function toPackage({ name, description }: GeneratedServer["server"]) {
  return {
    name,
    version: "0.1.0",
    description,
    private: true,
    type: "module",
    bin: { [name]: "dist/index.js" },
    scripts: {
      build: "tsc",
      start: "node dist/index.js",
      test: "npm run build && node --test test/*.test.mjs",
    },
    engines: { node: PROJECT_NODE },
    ...PROJECT_PACKAGES,
  };
}

/** A test of the built server over its standard input and output. `names`: its tools; empty: they are not known. */
function toTest(names: string[]): string {
  const assertion =
    names.length === 0
      ? "assert.ok(tools.length > 0);"
      : `assert.deepEqual(tools.map(({ name }) => name).sort(), ${JSON.stringify(names.toSorted())});`;
  return `import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";

test("the server starts and lists its tools", { timeout: 10_000 }, async () => {
  const server = spawn(process.execPath, ["dist/index.js"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n");
  const receive = async () => JSON.parse((await lines.next()).value).result;
  try {
    const clientInfo = { name: "test", version: "1.0.0" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    send({ id: 1, method: "initialize", params });
    assert.ok((await receive()).serverInfo);
    send({ method: "notifications/initialized" });
    send({ id: 2, method: "tools/list", params: {} });
    const { tools } = await receive();
    ${assertion}
  } finally {
    server.kill();
  }
});
`;
}

function toReadme(generated: GeneratedServer, variables: string[]): string {
  const { server, source, tools, verdict, checks } = generated;
  const open = checks.filter(({ state }) => state !== "passed").map(({ check }) => check);
  const proof =
    verdict === "passed"
      ? "The code was compiled, started in a sandbox and asked for its tools."
      : `**This project is not proved.** Checks that have not passed: ${open.join(", ")}.`;
  const parts = [
    `# ${server.name}`,
    toText(server.description),
    source === "model"
      ? `A language model has written \`src/index.ts\`. ${proof} That does not say what the tools do: read the code before you run it.`
      : `Made from a form. ${proof} Each tool returns its arguments until you write what it does, in \`src/index.ts\`.`,
    `## Install\n\n\`\`\`sh\n${server.install}\nnpm test\n\`\`\`\n\nNode ${PROJECT_NODE.slice(2)} or later.`,
    ...(tools.length === 0
      ? []
      : [
          `## Tools\n\n${tools.map(({ name, description }) => `- \`${name.replaceAll("`", "")}\`: ${toText(description)}`).join("\n")}`,
        ]),
    ...(variables.length === 0
      ? []
      : [
          `## Variables\n\n\`.env.example\` names them. Set their values in the client's configuration, and commit none.\n\n${variables.map((name) => `- \`${name}\``).join("\n")}`,
        ]),
    `## Clients\n\nReplace \`${PLACE}\` by the place of this folder${variables.length === 0 ? "" : ", and each `<NAME>` by its value"}.\n\n${CLIENT_IDS.map(
      (client) =>
        `- ${CLIENT_TRAITS[client].label}: \`clients/${client}.${ENDINGS[toClientFile(client, server.name, []).language]}\``,
    ).join("\n")}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Text of one line in Markdown, in which it is nothing but text. */
function toText(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_[\]<>#|!]/g, (sign) => `\\${sign}`)
    .slice(0, 500);
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
