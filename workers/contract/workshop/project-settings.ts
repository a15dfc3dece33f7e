// What every generated project consists of besides its code. A container host checks the code with the same settings.

/** Exact versions of the packages of a generated project: those with which its code was checked. */
export const PROJECT_PACKAGES = {
  dependencies: { "@modelcontextprotocol/server": "2.4.0", zod: "4.6.7" },
  devDependencies: { "@types/node": "24.19.2", typescript: "7.0.2" },
} as const;

/** The compiler's settings, as in the project's `tsconfig.json`. */
export const PROJECT_TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    module: "nodenext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    rootDir: "src",
    outDir: "dist",
  },
  include: ["src"],
} as const;

/** The only modules that a generated server imports, besides those of Node: `node:fs`. */
export const ALLOWED_MODULES = [
  "@modelcontextprotocol/server",
  "@modelcontextprotocol/server/stdio",
  "zod",
] as const;

/** The oldest Node with which a generated project works. */
export const PROJECT_NODE = ">=22";
