import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { IssuedInvitation } from "../../../../workers/contract/api/people.ts";
import type { Role } from "../../../../workers/contract/records/workspace.ts";
import { request } from "../../api/request.ts";
import { membersQuery, workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton, CopyTextButton } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { Field } from "../../ui/field.tsx";
import { formatCount, pluralize } from "../../ui/format-numbers.ts";
import { Notice } from "../../ui/notice.tsx";
import { Select } from "../../ui/select.tsx";
import { EXPIRIES, useRoleChoices } from "./invitation-choices.ts";
import { parseAddresses, type Address } from "./parse-addresses.ts";
import type { Person } from "./person-status.tsx";
import { useEach, type Failure } from "./use-each.ts";

interface Props {
  slug: string;
  onClose: () => void;
}

/** Form for several invitations: addresses are pasted, and each person gets another link. */
export function InviteManyForm({ slug, onClose }: Props) {
  const [list, setList] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [hours, setHours] = useState<string>("72");
  const members = useQuery(membersQuery(slug));
  const roles = useRoleChoices(slug);
  const known = useMemo(
    () => new Set((members.data ?? []).map(({ email }) => email?.toLowerCase() ?? "")),
    [members.data],
  );
  const addresses = parseAddresses(list, known);
  const valid = addresses.filter(({ problem }) => problem === null);
  const each = useEach(
    ({ name, email }: Address) =>
      request(IssuedInvitation, "POST", `/workspaces/${slug}/invitations`, {
        name,
        email,
        role,
        expiresInHours: Number(hours),
      }).then(({ url }) => ({ name, email, url })),
    [workspaceKey(slug, "members"), workspaceKey(slug, "invitations")],
  );
  if (each.hasEnded)
    return (
      <IssuedLinks
        links={each.results}
        failures={each.failures}
        getName={({ text }) => text}
        onClose={onClose}
      />
    );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void each.start(valid);
      }}
    >
      <Field
        label="People"
        hint="One in a line, or separated by commas or semicolons: Ada Lovelace <ada@example.com>, ben@example.com"
      >
        <Textarea value={list} onChange={setList} />
      </Field>
      <Preview addresses={addresses} valid={valid.length} />
      <div className="grid grid-cols-2 gap-4">
        <Field label="Role">
          <Select value={role} onChange={setRole} choices={roles} />
        </Field>
        <Field label="Links expire after">
          <Select value={hours} onChange={setHours} choices={EXPIRIES} />
        </Field>
      </div>
      <FormActions>
        <Button onClick={onClose} disabled={each.isRunning}>
          Cancel
        </Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={each.isRunning}
          disabled={valid.length === 0 || members.data === undefined}
        >
          {each.isRunning
            ? `${formatCount(each.done)} of ${formatCount(valid.length)}`
            : `Create ${pluralize(valid.length, "link")}`}
        </Button>
      </FormActions>
    </form>
  );
}

function Textarea({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <textarea
      aria-label="People"
      autoFocus
      rows={5}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      className="input font-mono text-xs"
    />
  );
}

function Preview({ addresses, valid }: { addresses: Address[]; valid: number }) {
  if (addresses.length === 0) return null;
  const problems = addresses.filter(({ problem }) => problem !== null);
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p role="status">
        {pluralize(valid, "person", "people")} to invite
        {problems.length > 0 && `, ${formatCount(problems.length)} left out`}
      </p>
      <ul
        aria-label="Preview"
        tabIndex={0}
        className="max-h-40 divide-y divide-line overflow-y-auto rounded-md border border-line"
      >
        {[...problems, ...addresses.filter(({ problem }) => problem === null)].map(
          ({ name, email, text, problem }, index) => (
            <li key={index} className="px-3 py-1.5 wrap-anywhere">
              {problem === null ? (
                <>
                  <DisplayName name={name} /> <span className="text-dim">{email}</span>
                </>
              ) : (
                <span className="text-bad">
                  “<DisplayName name={text} />” {problem}
                </span>
              )}
            </li>
          ),
        )}
      </ul>
    </div>
  );
}

/** Creates a new link for each of several people who cannot sign in yet. */
export function InviteAgainDialog({ slug, people, onClose }: Props & { people: Person[] }) {
  const [hours, setHours] = useState<string>("72");
  const each = useEach(
    ({ id, name, email }: Person) =>
      request(IssuedInvitation, "POST", `/workspaces/${slug}/invitations`, {
        memberId: id,
        expiresInHours: Number(hours),
      }).then(({ url }) => ({ name, email, url })),
    [workspaceKey(slug, "invitations")],
  );
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={`Invite ${pluralize(people.length, "person", "people")} again`}
      description="Each gets a new link. Earlier links become invalid."
    >
      {each.hasEnded ? (
        <IssuedLinks
          links={each.results}
          failures={each.failures}
          getName={({ name }) => name}
          onClose={onClose}
        />
      ) : (
        <>
          <Field label="Links expire after">
            <Select value={hours} onChange={setHours} choices={EXPIRIES} />
          </Field>
          <FormActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              variant="primary"
              isBusy={each.isRunning}
              onClick={() => void each.start(people)}
            >
              Create links
            </Button>
          </FormActions>
        </>
      )}
    </Dialog>
  );
}

interface Link {
  name: string;
  email: string | null;
  url: string;
}

function IssuedLinks<T>(props: {
  links: Link[];
  failures: Failure<T>[];
  getName: (item: T) => string;
  onClose: () => void;
}) {
  const { links, failures, getName } = props;
  const text = links
    .map(({ name, email, url }) => `${name}${email === null ? "" : ` <${email}>`}: ${url}`)
    .join("\n");
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {links.length > 0 && (
        <p className="text-dim">
          Send each person their own link. The links are shown only now, and each works once.
        </p>
      )}
      {failures.length > 0 && (
        <Notice tone="warn">
          <ul>
            {failures.map(({ item, reason }, index) => (
              <li key={index}>
                <DisplayName name={getName(item)} />: {reason}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ul
        aria-label="Invitation links"
        tabIndex={0}
        className="max-h-80 divide-y divide-line overflow-y-auto rounded-md border border-line"
      >
        {links.map(({ name, email, url }) => (
          <li key={url} className="flex items-center gap-2 px-3 py-1.5">
            <div className="min-w-0 flex-1">
              <p className="truncate">
                <DisplayName name={name} /> <span className="text-dim">{email}</span>
              </p>
              <code className="block truncate font-mono text-xs text-dim">{url}</code>
            </div>
            <CopyButton text={url} contentName={`link of ${name}`} />
          </li>
        ))}
      </ul>
      <FormActions>
        <Button onClick={props.onClose}>Done</Button>
        {links.length > 0 && <CopyTextButton text={text} contentName="all links" />}
      </FormActions>
    </div>
  );
}
