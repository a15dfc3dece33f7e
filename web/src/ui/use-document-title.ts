import { createContext, use, useEffect } from "react";
import { escapeLine } from "../../../workers/contract/text/hidden-characters.ts";

const PRODUCT = "mcpnest";

/** Name of the workspace whose page is shown; undefined outside a workspace. */
export const WorkspaceName = createContext<string | undefined>(undefined);

/** Sets the document's title: "Audit log · Acme · mcpnest". Undefined: the page does not know its name yet. */
export function useDocumentTitle(name: string | undefined): void {
  const workspace = use(WorkspaceName);
  useEffect(() => {
    if (name === undefined) return;
    const parts = [name, workspace, PRODUCT].filter((part) => part !== undefined);
    // The page of a workspace can have its name.
    document.title = [...new Set(parts)].map(escapeLine).join(" · ");
  }, [name, workspace]);
}
