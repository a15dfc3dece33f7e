import { useQuery } from "@tanstack/react-query";
import { myToolsQuery } from "../../api/workspace.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import { showToast } from "../../ui/toast.ts";
import { ToolDialog } from "../connect/tool-dialog.tsx";
import { useNarrow } from "../connect/use-narrow.ts";
import type { ListedToken } from "./token-columns.tsx";

interface Props {
  slug: string;
  /** One of the signed-in member's. */
  token: ListedToken;
  onClose: () => void;
}

/** Narrows a token to some of the member's tools. */
export function TokenToolsDialog({ slug, token, onClose }: Props) {
  const tools = useQuery(myToolsQuery(slug));
  const narrow = useNarrow(slug, () => {
    onClose();
    showToast("Tools saved");
  });
  if (tools.data && tools.data.length > 0)
    return (
      <ToolDialog
        tools={tools.data}
        limit={Infinity}
        value={token.tools}
        onClose={onClose}
        onSave={(rules) => narrow.mutate({ id: token.id, tools: rules })}
      />
    );
  return (
    <Dialog isOpen onClose={onClose} title="Tools of this connection">
      <Loaded query={tools}>{() => <EmptyState title="You may not use any tool yet" />}</Loaded>
    </Dialog>
  );
}
