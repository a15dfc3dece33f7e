import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  PinnedIdentity,
  PinnedSubject,
} from "../../../../../workers/contract/api/assertion-issuers.ts";
import { findFieldProblem } from "../../../api/api-error.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { membersQuery, workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";
import { showToast } from "../../../ui/toast.ts";

interface Props {
  slug: string;
  issuerId: string;
  /** The members who are pinned already. */
  pinned: string[];
}

/** Pins a member to an account of an issuer by hand. */
export function PinForm({ slug, issuerId, pinned }: Props) {
  const members = useQuery(membersQuery(slug));
  const [memberId, setMemberId] = useState("");
  const [subject, setSubject] = useState("");
  const path = `/workspaces/${slug}/assertion-issuers/${issuerId}/identities`;
  const pin = useApiMutation({
    run: (draft: PinnedSubject) => request(PinnedIdentity, "PUT", `${path}/${memberId}`, draft),
    invalidate: [workspaceKey(slug)],
    fields: ["subject"],
    onDone: () => {
      showToast("Pinned");
      setMemberId("");
      setSubject("");
    },
  });
  const free = (members.data ?? []).filter(({ id, agent }) => !agent && !pinned.includes(id));
  const parsed = PinnedSubject.safeParse({ subject });
  return (
    <form
      className="flex flex-col gap-4 border-t border-line pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed.success && memberId !== "") pin.mutate(parsed.data);
      }}
    >
      <Field label="Member">
        <Select
          value={memberId}
          onChange={setMemberId}
          choices={[
            { value: "", label: "Choose a member" },
            ...free.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      </Field>
      <Field
        label="Subject"
        hint="The account at the issuer, exactly as in the sub of its assertions."
        error={findFieldProblem(pin.error, "subject")}
      >
        <TextInput
          className="font-mono"
          value={subject}
          maxLength={255}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      </Field>
      <Button
        type="submit"
        className="self-start"
        isBusy={pin.isPending}
        disabled={!parsed.success || memberId === ""}
      >
        Pin the member
      </Button>
    </form>
  );
}
