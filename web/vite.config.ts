import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { bundleBudget } from "./bundle-budget.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig(({ command }) => {
  // Vitest sets NODE_ENV to `test`, which would bundle React's development build.
  if (command === "build") process.env["NODE_ENV"] = "production";
  return {
    root,
    plugins: [react(), tailwindcss(), bundleBudget()],
    build: {
      outDir: "dist",
      emptyOutDir: true,
      // The content security policy allows no data: fonts or scripts.
      assetsInlineLimit: 0,
      rolldownOptions: {
        output: {
          // One chunk, so that zod is configured before any schema is created: a schema's chunk can run before the entry.
          codeSplitting: {
            groups: [
              { name: "zod", test: /node_modules\/zod\/|no-eval\.ts$/ },
              // What every page loads is one file: a browser reads a file of each shared module more slowly.
              { name: "initial", tags: ["$initial"] },
              { name: "common", minShareCount: 12 },
            ],
          },
        },
      },
    },
    server: { proxy: { "/api": process.env["MCPNEST_URL"] ?? "http://127.0.0.1:8787" } },
  };
});
