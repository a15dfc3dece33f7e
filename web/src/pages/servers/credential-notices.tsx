import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import type { Health, Server } from "../../../../workers/contract/api/resources.ts";
import { escapeHidden, escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { useCan } from "../../api/me.ts";
import { buttonClass } from "../../ui/button.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";

/** What is the matter with a credential of a server. */
export type CredentialNotice = z.infer<typeof Health>["items"][number]["credentials"][number];

/** The words of a notice: what, since when, who has stated it, and how many callers it affects. The message can quote the server. */
export function NoticeWords({ notice }: { notice: CredentialNotice }) {
  const { message, state, at, declaredBy } = notice;
  const isSince = state !== "expires" && state !== "expired" && at !== null;
  return (
    <>
      {escapeHidden(message)}
      {isSince && (
        <>
          {" "}
          Since <Time at={at} />.
        </>
      )}
      {declaredBy?.name && ` ${escapeLine(declaredBy.name)} has stated that date.`}
      <Affected notice={notice} />
    </>
  );
}

/** How many callers a notice affects, as a sentence; nothing if there are none. */
export function Affected({ notice }: { notice: CredentialNotice }) {
  const { people, tokens } = notice;
  if (people === 0 && tokens === 0) return null;
  return ` It affects ${pluralize(people, "person", "people")} and ${pluralize(tokens, "token")}.`;
}

/** The secret headers of a server that expire soon or have expired, on its page. */
export function HeaderNotices(props: {
  slug: string;
  server: Server;
  notices: CredentialNotice[];
}) {
  const { slug, server } = props;
  const canManage = useCan(slug, "server.manage");
  const notices = props.notices.filter(({ kind }) => kind === "header");
  return notices.map((notice) => (
    <Notice key={notice.header} tone="warn">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 basis-64">
          <NoticeWords notice={notice} />
        </p>
        {canManage && (
          <Link
            to="/w/$slug/servers/$server"
            params={{ slug, server: server.slug }}
            search={{ tab: "settings" }}
            className={buttonClass("secondary", "sm")}
          >
            Go to its settings
          </Link>
        )}
      </div>
    </Notice>
  ));
}
