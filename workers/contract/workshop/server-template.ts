import type { ParameterType, ServerForm } from "./generated-server.ts";

/** Schemas of zod for the types of parameters. */
const SCHEMAS: Record<ParameterType, string> = {
  string: "z.string()",
  number: "z.number()",
  integer: "z.int()",
  boolean: "z.boolean()",
  "string[]": "z.array(z.string())",
};

/**
 * The code of a server with the tools of a form. Each tool checks its arguments and returns them as text: what it does with
 * them is for the person to write.
 */
export function toTemplateCode({ name, tools }: ServerForm): string {
  return `import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const server = new McpServer({ name: ${quote(name)}, version: "0.1.0" });

/** Runs a tool. What it throws becomes an error that the model can read. */
async function respond(run: () => Promise<string>) {
  try {
    return { content: [{ type: "text" as const, text: await run() }] };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { content: [{ type: "text" as const, text }], isError: true };
  }
}
${tools.map(toTool).join("")}
// Standard output is for messages only: write logs with console.error.
await server.connect(new StdioServerTransport());
`;
}

function toTool({ name, description, parameters }: ServerForm["tools"][number]): string {
  const members = parameters.map((parameter) => {
    const optional = parameter.isRequired ? "" : ".optional()";
    return `      ${parameter.name}: ${SCHEMAS[parameter.type]}${optional}.describe(${quote(parameter.description)}),\n`;
  });
  const schema = members.length === 0 ? "z.object({})" : `z.object({\n${members.join("")}    })`;
  return `
server.registerTool(
  ${quote(name)},
  {
    description: ${quote(description)},
    inputSchema: ${schema},
  },
  // The arguments have been checked. Return what the tool has found as text, or throw an error with a sentence.
  (input) => respond(async () => JSON.stringify(input)),
);
`;
}

/** A string of JSON is one of TypeScript. */
function quote(text: string): string {
  return JSON.stringify(text);
}
