import { execFile, type ExecFileException } from "node:child_process";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build, type BuildFailure, type Message, type Plugin } from "esbuild";
import {
  skipChecks,
  toCheck,
  type HostCheck,
} from "../../workers/contract/hosting/server-check.ts";
import {
  ALLOWED_MODULES,
  PROJECT_TSCONFIG,
} from "../../workers/contract/workshop/project-settings.ts";

/** The compiler needs half a second; code can be written to make it slow. */
const COMPILE_TIMEOUT_MS = 20_000;
/** The compiler's output: more errors than are reported. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

const IMPORT_PLUGIN = "imports";
const ALLOWED = new Set<string>([
  ...ALLOWED_MODULES,
  ...builtinModules.map((name) => (name.startsWith("node:") ? name : `node:${name}`)),
]);

/**
 * Parses and compiles a server into `folder`/dist, with the packages of `modules`. Runs nothing of it. The compiler's
 * checks are skipped after the first one that fails.
 */
export async function compileServer(
  code: string,
  { folder, modules }: { folder: string; modules: string },
): Promise<HostCheck[]> {
  const { syntax, imports } = await parse(code);
  if (syntax.length > 0)
    return [
      toCheck("syntax", syntax),
      ...skipChecks(["imports", "types"], "The code cannot be parsed."),
    ];
  const parsed = [toCheck("syntax", []), toCheck("imports", imports)];
  if (imports.length > 0)
    return [...parsed, ...skipChecks(["types"], "The code imports what it must not.")];
  await mkdir(join(folder, "src"), { recursive: true });
  await symlink(modules, join(folder, "node_modules"));
  await writeFile(join(folder, "src/index.ts"), code);
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(PROJECT_TSCONFIG));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  return [...parsed, toCheck("types", await runCompiler(folder, modules))];
}

/** The errors of the parser, and the imports that are not allowed, with `import()` and `require()`. */
async function parse(code: string): Promise<{ syntax: string[]; imports: string[] }> {
  try {
    await build({
      stdin: { contents: code, loader: "ts", sourcefile: "src/index.ts" },
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: PROJECT_TSCONFIG.compilerOptions.target,
      logLevel: "silent",
      // Not the settings of this machine's folders. An import that is not used counts, too.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      plugins: [refuseImports],
    });
    return { syntax: [], imports: [] };
  } catch (error) {
    const { errors } = error as BuildFailure;
    // Another failure is none of the code.
    if (!Array.isArray(errors)) throw error;
    const isImport = ({ pluginName }: Message) => pluginName === IMPORT_PLUGIN;
    return {
      syntax: errors.filter((one) => !isImport(one)).map(describe),
      imports: errors.filter(isImport).map(describe),
    };
  }
}

const refuseImports: Plugin = {
  name: IMPORT_PLUGIN,
  setup(parser) {
    parser.onResolve({ filter: /.*/ }, ({ path, kind }) => {
      if (kind === "entry-point") return undefined;
      if (ALLOWED.has(path)) return { path, external: true };
      const text = `"${path.slice(0, 100)}" cannot be imported: use ${ALLOWED_MODULES.join(", ")} and modules of Node as "node:fs" only.`;
      return { errors: [{ text }] };
    });
  },
};

function describe({ text, location }: Message): string {
  return location === null
    ? text
    : `src/index.ts(${location.line},${location.column + 1}): ${text}`;
}

/** The compiler's errors, one for each; empty: it has written the program. */
async function runCompiler(folder: string, modules: string): Promise<string[]> {
  const { error, stdout } = await execute(folder, join(modules, "typescript/lib/tsc.js"));
  if (error?.killed === true)
    return [`The compiler did not end within ${COMPILE_TIMEOUT_MS / 1000} s.`];
  const lines = stdout.split("\n").filter((line) => /^\S/.test(line));
  // A type or a comment can name any file, whose content would show in the errors.
  const own = [await realpath(modules), join(await realpath(folder), "src/index.ts")];
  const isOther = (line: string) => !own.some((path) => line.startsWith(path));
  if (lines.some((line) => line.startsWith("/") && isOther(line)))
    return ["The code refers to files that are not part of it."];
  if (error === null) return [];
  const errors = lines.filter((line) => !line.startsWith("/"));
  return errors.length > 0 ? errors : ["The compiler failed without an error."];
}

/**
 * Runs the compiler, which also lists the files that it has read. It writes nothing after an error, as a file outside of the
 * project is one: it would be compiled to a file beside it.
 */
function execute(
  folder: string,
  program: string,
): Promise<{ error: ExecFileException | null; stdout: string }> {
  const parameters = ["--project", folder, "--pretty", "false", "--listFiles", "--noEmitOnError"];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...parameters],
      {
        cwd: folder,
        env: {},
        timeout: COMPILE_TIMEOUT_MS,
        killSignal: "SIGKILL",
        maxBuffer: MAX_OUTPUT_BYTES,
      },
      (error, stdout) => resolve({ error, stdout }),
    );
  });
}
