import { Link } from "@tanstack/react-router";
import type { ClientRefusal } from "../../../../workers/contract/records/oauth.ts";
import { useCan, useMe } from "../../api/me.ts";
import { DisplayName } from "../../ui/display-name.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Asked } from "./asked.ts";

/** Of the address of a workspace or of one of its servers, which a request names as its resource (RFC 8707). */
const WORKSPACE_ADDRESS = /\/mcp\/([a-z0-9-]+)/;

interface Props {
  asked: Asked;
  /** Of the authorization request. */
  query: string;
}

/** Says why the user can let the client call nothing. */
export function NoWorkspace({ asked, query }: Props) {
  const { memberships } = useMe();
  if (asked.refusing.length > 0) return <Refusals refusing={asked.refusing} />;
  const resource = new URLSearchParams(query).get("resource") ?? "";
  const [, named] = WORKSPACE_ADDRESS.exec(resource) ?? [];
  const isAuditor = memberships.some(
    ({ role, workspace }) => role === "auditor" && (named ?? workspace.slug) === workspace.slug,
  );
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
      {isAuditor
        ? "You are an auditor there, and auditors read but call no tools. Ask one of its owners or admins for another role, or use another account."
        : "Ask one of its owners or admins to invite you, or use another account."}
    </Notice>
  );
}

/** The setting that keeps the client out, in words. */
const REFUSALS: Record<ClientRefusal, string> = {
  off: "“Sign-in from clients” is off",
  verified:
    "“Clients” lets only verified clients sign in, and the name of this one is not verified",
  listed:
    "“Clients” lets only clients of listed hosts sign in, and the host of this one is not listed",
};

function Refusals({ refusing }: Pick<Asked, "refusing">) {
  return (
    <Notice tone="warn">
      <p>No workspace in which you call tools lets this client sign in:</p>
      <ul className="mt-1 list-disc pl-5">
        {refusing.map((workspace) => (
          <Refusal key={workspace.slug} workspace={workspace} />
        ))}
      </ul>
    </Notice>
  );
}

function Refusal({ workspace }: { workspace: Asked["refusing"][number] }) {
  const { slug, name, refusal } = workspace;
  const canChange = useCan(slug, "workspace.configure");
  return (
    <li>
      <DisplayName name={name} />: {REFUSALS[refusal]}.{" "}
      {canChange ? (
        <>
          You can change that in its{" "}
          <Link to="/w/$slug/settings" params={{ slug }} className="link">
            settings
          </Link>
          .
        </>
      ) : (
        "Its owners and admins can change that in the settings."
      )}
    </li>
  );
}
