import { isMap } from "./documents/node.ts";
import type { Input, Path } from "./model.ts";

const READ = new Set(["type", "id", "description", "password", "options", "default"]);

/** Reads the `inputs` of VS Code. */
export function readInputs(value: unknown, path: Path): Input[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown, index) => {
    if (!isMap(item) || typeof item["id"] !== "string") return [];
    const { id, type, description, password, options, default: preset } = item;
    const isKnown = type === "promptString" || type === "pickString";
    const choices = Array.isArray(options) && options.every((choice) => typeof choice === "string");
    const isRead = (field: string, member: unknown) =>
      READ.has(field) &&
      (field !== "type" || isKnown) &&
      (field !== "options" || choices) &&
      (field !== "password" || typeof member === "boolean") &&
      ((field !== "description" && field !== "default") || typeof member === "string");
    return [
      {
        id,
        description: typeof description === "string" ? description : null,
        isSecret: password === true,
        choices: choices ? options : [],
        default: typeof preset === "string" ? preset : null,
        path: [...path, index],
        own: Object.fromEntries(
          Object.entries(item).filter(([field, member]) => !isRead(field, member)),
        ),
      },
    ];
  });
}

/** Writes them. */
export function writeInputs(inputs: readonly Input[]): Record<string, unknown>[] {
  return inputs.map(({ id, description, isSecret, choices, default: preset, own }) => ({
    type: choices.length > 0 ? "pickString" : "promptString",
    id,
    ...(description !== null && { description }),
    ...(choices.length > 0 && { options: [...choices] }),
    ...(isSecret && { password: true }),
    ...(preset !== null && { default: preset }),
    ...own,
  }));
}
