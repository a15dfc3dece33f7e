import { Notice } from "../../ui/notice.tsx";

/** Of the address of a workspace or of one of its servers, which a request names as its resource (RFC 8707). */
const WORKSPACE_ADDRESS = /\/mcp\/([a-z0-9-]+)/;

/** Says that the user can let the client call nothing. `query`: of the authorization request. */
export function NoWorkspace({ query }: { query: string }) {
  const resource = new URLSearchParams(query).get("resource") ?? "";
  const [, named] = WORKSPACE_ADDRESS.exec(resource) ?? [];
  return (
    <Notice tone="warn">
      {named === undefined ? (
        "You may not call tools in any workspace. "
      ) : (
        <>
          The client asks for the workspace <code className="font-mono text-xs">{named}</code>, in
          which you may not call tools.{" "}
        </>
      )}
      Ask one of its owners or admins to invite you, or use another account.
    </Notice>
  );
}
