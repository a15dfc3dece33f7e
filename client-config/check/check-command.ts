import { splitWords, type Entry, type Problem } from "./problem.ts";

/** Programs that start others, or are what servers are written in. A path to one of them is no program with a blank. */
const PROGRAMS =
  /^(?:npx|npm|pnpm|pnpx|yarn|bun|bunx|node|deno|tsx|uv|uvx|pipx|python[\d.]*|py|docker|podman|dnx|dotnet|java|go|cargo|ruby|php|cmd|env|sh|bash|zsh|powershell|pwsh)(?:\.(?:exe|cmd))?$/i;
/** What only a shell understands. References of clients have braces, and no parentheses. */
const SHELL = /[|;&<>()*]|\$(?!\{)/;

/** Finds a whole command line in the place of the program. */
export function checkCommand({ format, label, members, path }: Entry): Problem[] {
  const value = Object.hasOwn(members, format.command) ? members[format.command] : undefined;
  const isList = format.args === null;
  const words: unknown[] = isList && Array.isArray(value) ? value : [value];
  const [first, ...others] = words;
  if (typeof first !== "string" || !isCommandLine(first)) return [];
  const place = [...path, format.command];
  const split = SHELL.test(first) ? null : splitWords(first);
  const args: unknown = format.args === null ? others : (members[format.args] ?? []);
  const [program, ...rest] = split ?? [];
  const canSplit = program !== undefined && Array.isArray(args);
  const all = canSplit ? [...rest, ...(args as unknown[])] : [];
  return [
    {
      severity: "high",
      path: isList ? [...place, 0] : place,
      message: "The command is a whole command line.",
      why: `${label} looks for a program with this long name, and finds none. The arguments have their own ${isList ? "items" : `list, “${format.args}”`}.`,
      fix: canSplit
        ? {
            title: "Split it into command and arguments",
            edits:
              format.args === null
                ? [{ path: place, value: [program, ...all] }]
                : [
                    { path: place, value: program },
                    { path: [...path, format.args], value: all },
                  ],
          }
        : null,
    },
  ];
}

/** Whether words follow a program. A path can have blanks, in its folders and in its last part. */
function isCommandLine(text: string): boolean {
  const [first = "", ...others] = text.trim().split(/\s+/);
  if (others.length === 0) return false;
  const name = first.split(/[\\/]/).at(-1) ?? "";
  return PROGRAMS.test(name) || (name === first && others.some((word) => /^-{1,2}\w/.test(word)));
}
