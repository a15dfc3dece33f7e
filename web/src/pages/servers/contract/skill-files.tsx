import type {
  ContractChange,
  SkillFileChange,
} from "../../../../../workers/contract/api/contracts.ts";
import { SkillFiles } from "../../../../../workers/contract/api/contracts.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { ForeignName } from "../../../ui/foreign-name.tsx";
import { Badge } from "../../../ui/page.tsx";
import { SeverityBadge } from "../../../ui/severity-badge.tsx";
import { CHANGE_LABELS } from "./describe-change.ts";
import { DifferenceList } from "./difference-list.tsx";
import { TextDifference } from "./text-difference.tsx";

type Problem = NonNullable<NonNullable<SkillFileChange["after"]>["problem"]>;

const PROBLEMS: Record<Problem, string> = {
  too_large: "it is larger than the gateway compares (60,000 bytes, 1 MiB for a skill)",
  not_text: "it is no text",
  not_kept: "the gateway did not read it while the server had it",
  not_readable: "the server did not send it",
  not_listed_content: "the server sends other content than it lists",
};

interface Props {
  slug: string;
  server: string;
  change: ContractChange;
}

/** The changed files of a skill, which the gateway reads at the server when a person asks for them. */
export function SkillFileList({ slug, server, change: { key, digest } }: Props) {
  const load = useApiMutation({
    run: () =>
      request(SkillFiles, "POST", `/workspaces/${slug}/servers/${server}/contract/skill-files`, {
        key,
        digest,
      }),
    invalidate: [workspaceKey(slug, "audit-events")],
  });
  if (!load.data)
    return (
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Button
          size="sm"
          aria-label={`Compare the files of ${key}`}
          isBusy={load.isPending}
          onClick={() => load.mutate(undefined)}
        >
          Compare the files
        </Button>
        <p className="text-xs text-dim">
          Reads the changed files at the server, for you only. The audit log notes it.
        </p>
      </div>
    );
  return (
    <ul className="flex flex-col gap-3 border-l-2 border-line pl-3" aria-label="Changed files">
      {load.data.files.map((file) => (
        <FileItem key={file.uri} file={file} />
      ))}
    </ul>
  );
}

function FileItem({ file }: { file: SkillFileChange }) {
  const { uri, change, severity, findings, segments, before, after } = file;
  const unknown = segments.length > 0 ? (before?.problem ?? null) : null;
  return (
    <li className="flex flex-col gap-1.5">
      <p className="flex flex-wrap items-center gap-2">
        <code className="text-xs wrap-anywhere">
          <ForeignName name={uri} />
        </code>
        <Badge tone="accent">{CHANGE_LABELS[change]}</Badge>
        {severity !== null && <SeverityBadge severity={severity} />}
      </p>
      <DifferenceList differences={findings} />
      {unknown !== null && (
        <p className="text-xs text-dim">
          The approved text is not known: {PROBLEMS[unknown]}. All of the new text is shown as
          added.
        </p>
      )}
      {segments.length > 0 ? (
        <div
          className="max-h-96 overflow-auto"
          tabIndex={0}
          role="region"
          aria-label={`Text of ${uri}`}
        >
          <TextDifference segments={segments} />
        </div>
      ) : (
        <p className="text-xs text-dim">
          The text cannot be shown: {PROBLEMS[(after ?? before)?.problem ?? "not_kept"]}.
        </p>
      )}
    </li>
  );
}
