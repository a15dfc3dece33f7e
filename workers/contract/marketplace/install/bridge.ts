import type { FilledSetup } from "./values.ts";

/** mcp-remote, which connects a client that starts programs to a remote server. */
export function toBridge(setup: FilledSetup & { kind: "address" }): FilledSetup & {
  kind: "program";
} {
  const headers = setup.headers.map((slot, index) => ({
    ...slot,
    variable: `HEADER_${index + 1}`,
  }));
  return {
    kind: "program",
    command: "npx",
    options: ["-y"],
    entryOptions: ["-y"],
    args: [
      "mcp-remote",
      setup.url,
      ...(setup.type === "sse" ? ["--transport", "sse-only"] : []),
      ...(/^http:/i.test(setup.url) ? ["--allow-http"] : []),
      // Claude Desktop splits arguments at spaces, so that the value is in a variable.
      ...headers.flatMap(({ name, variable }) => ["--header", `${name}:\${${variable}}`]),
    ],
    env: headers.map((slot) => ({ ...slot, name: slot.variable, isBearer: false })),
  };
}
