import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ServerChecks } from "../../container-host/checks/server-checks.ts";
import { ProcessEngine } from "../../container-host/engine/process-engine.ts";
import { root } from "../../scripts/worker-bundle.ts";
import type { ServerCheckResult } from "../../workers/contract/hosting/server-check.ts";
import { ParameterType } from "../../workers/contract/workshop/generated-server.ts";
import { PROJECT_PACKAGES } from "../../workers/contract/workshop/project-settings.ts";
import { toTemplateCode } from "../../workers/contract/workshop/server-template.ts";
import { toServer } from "../fixtures/generated-servers.ts";

const checks = new ServerChecks({
  engine: new ProcessEngine(),
  preflight: { refusal: null },
  state: { isDraining: false },
  owner: { hostId: "checks", owner: "server-checks-test" },
  image: undefined,
});

async function check(code: string): Promise<ServerCheckResult["checks"]> {
  const decision = await checks.check({ code }, new AbortController().signal);
  if (!decision.ok) throw new Error(decision.message);
  return decision.result.checks;
}

/** The checks that have not passed, each with its first problem. */
const open = (results: ServerCheckResult["checks"]) =>
  results.flatMap(({ check: name, state, problems: [problem] }) =>
    state === "passed" ? [] : [`${name} ${state}: ${problem}`],
  );

describe("the check of a generated server without containers", () => {
  it("compiles what the template makes of every type and of hostile text, and starts nothing", async () => {
    const marker = join(root, ".build/server-was-started");
    const text = "`${process.exit(1)}` */ \\u0022 </script> 'x' \"y\"";
    const parameters = ParameterType.options.flatMap((type, index) =>
      [true, false].map((isRequired) => ({
        name: `p${index}${String(isRequired)}`,
        type,
        description: text,
        isRequired,
      })),
    );
    const code = toTemplateCode({
      name: "all-types",
      description: text,
      tools: [
        { name: "everything", description: text, parameters },
        { name: "nothing", description: text, parameters: [] },
      ],
    });
    const starting = `${code}\nimport("node:fs").then(({ writeFileSync }) => writeFileSync(${JSON.stringify(marker)}, ""));\n`;
    expect(open(await check(starting))).toEqual([
      expect.stringMatching(/^start skipped: Not started: there is no sandbox/),
      expect.stringMatching(/^tools skipped: /),
    ]);
    expect(existsSync(marker)).toBe(false);
  });

  it("refuses imports that are not allowed, built-in modules without their prefix and files, and names each", async () => {
    const before = `
import axios from "axios";
import { readFile } from "fs";
import secrets from "../../secrets.json";
const left = require("left-pad");
const later = await import("undici");`;
    const [, imports] = await check(toServer({ before }));
    for (const name of ["axios", "fs", "../../secrets.json", "left-pad", "undici"])
      expect(imports?.problems).toContainEqual(
        expect.stringContaining(`"${name}" cannot be imported: use @modelcontextprotocol/server`),
      );
  });

  it("shows nothing of a file that a comment or a type refers to, and writes nothing beside it", async () => {
    const references = [
      `/// <reference path="${join(root, "scripts/data-folder.ts")}" />`,
      `const secret: typeof import("${join(root, "package.json")}") = 1;`,
    ];
    // A reference counts at the beginning only.
    const results = await Promise.all(references.map((line) => check(`${line}\n${toServer()}`)));
    for (const result of results)
      expect(open(result)[0]).toBe(
        "types failed: The code refers to files that are not part of it.",
      );
    expect(existsSync(join(root, "scripts/data-folder.js"))).toBe(false);
  });

  it("has the packages of the project in this repository, at the same versions", () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    );
    expect({ ...dependencies, ...devDependencies }).toMatchObject({
      ...PROJECT_PACKAGES.dependencies,
      ...PROJECT_PACKAGES.devDependencies,
    });
  });
});
