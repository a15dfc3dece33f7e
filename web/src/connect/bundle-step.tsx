import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { saveFile } from "../ui/save-file.ts";
import { showErrorToast } from "../ui/toast.ts";
import type { Connection } from "./clients/client.ts";

/** Downloads the bundle that Claude Desktop installs. */
export function BundleStep({ connection }: { connection: Connection }) {
  const download = useMutation({
    mutationFn: async () => {
      // Loaded on demand: few people need it.
      const { makeClaudeBundle } = await import("./claude-bundle/make-bundle.ts");
      saveFile(makeClaudeBundle(connection), `mcpnest-${connection.name}.mcpb`);
    },
    onError: showErrorToast,
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Button variant="primary" isBusy={download.isPending} onClick={() => download.mutate()}>
        <Download className="size-4" aria-hidden />
        Download the extension
      </Button>
      <p className="min-w-0 flex-1 basis-60 text-xs text-dim">
        The file mcpnest-{connection.name}.mcpb contains a small program that connects to the
        gateway. It does not contain your token.
      </p>
    </div>
  );
}
