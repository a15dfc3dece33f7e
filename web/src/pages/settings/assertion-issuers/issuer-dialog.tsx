import { useState } from "react";
import {
  AssertionIssuer,
  AssertionIssuerInput,
} from "../../../../../workers/contract/api/assertion-issuers.ts";
import { findFieldProblem } from "../../../api/api-error.ts";
import { request } from "../../../api/request.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { workspaceKey } from "../../../api/workspace.ts";
import { Button } from "../../../ui/button.tsx";
import { LabelledCheckbox } from "../../../ui/checkbox.tsx";
import { Dialog, FormActions } from "../../../ui/dialog.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { findProblem } from "../../../ui/find-problem.ts";
import { showToast } from "../../../ui/toast.ts";
import { HeaderRows, type HeaderRow } from "../../servers/header-rows.tsx";

interface Props {
  slug: string;
  /** Undefined: a new one. */
  issuer: AssertionIssuer | undefined;
  onClose: () => void;
}

type FieldName = "name" | "issuer" | "requiredClaims";

/** Trusts an issuer of identity assertions, or changes what is asked of one. */
export function IssuerDialog({ slug, issuer, onClose }: Props) {
  const [name, setName] = useState(issuer?.name ?? "");
  const [address, setAddress] = useState(issuer?.issuer ?? "");
  const [claims, setClaims] = useState<HeaderRow[]>(() => toRows(issuer));
  const [mapsByEmail, setMapsByEmail] = useState(issuer?.mapsByEmail ?? true);
  const [acceptsAssertions, setAccepts] = useState(issuer?.acceptsAssertions ?? true);
  const [isSent, setIsSent] = useState(false);
  const requiredClaims = toClaims(claims, issuer);
  const asked = { requiredClaims, mapsByEmail, acceptsAssertions };
  const draft = { name: name.trim(), issuer: address.trim(), ...asked };
  const parsed = AssertionIssuerInput.safeParse(draft);
  const path = `/workspaces/${slug}/assertion-issuers`;
  const save = useApiMutation({
    run: ({ issuer: added, ...patch }: AssertionIssuerInput) =>
      issuer
        ? request(AssertionIssuer, "PATCH", `${path}/${issuer.id}`, patch)
        : request(AssertionIssuer, "POST", path, { ...patch, issuer: added }),
    invalidate: [workspaceKey(slug)],
    fields: ["name", "issuer", "requiredClaims"],
    onDone: () => {
      showToast(issuer ? "Issuer changed" : "Issuer trusted");
      onClose();
    },
  });
  const toError = (field: FieldName) =>
    (isSent ? findProblem(parsed, field) : undefined) ?? findFieldProblem(save.error, field);
  return (
    <Dialog isOpen isWide onClose={onClose} title={issuer ? "Change issuer" : "Trust an issuer"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setIsSent(true);
          if (parsed.success) save.mutate(parsed.data);
        }}
      >
        <Field
          label="Issuer"
          hint="Its address, exactly as in the iss of its assertions. Its keys are read from its metadata."
          error={toError("issuer")}
        >
          <TextInput
            className="font-mono"
            value={address}
            placeholder="https://issuer.example.com/org/acme"
            disabled={issuer !== undefined}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
        </Field>
        <Field label="Name" hint="For the audit log and this page." error={toError("name")}>
          <TextInput
            value={name}
            maxLength={120}
            autoComplete="off"
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <ClaimsField rows={claims} onChange={setClaims} error={toError("requiredClaims")} />
        <MapsByEmailField isChecked={mapsByEmail} onChange={setMapsByEmail} />
        <LabelledCheckbox isChecked={acceptsAssertions} onChange={setAccepts}>
          Its assertions give access
        </LabelledCheckbox>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={save.isPending}>
            {issuer ? "Save" : "Trust issuer"}
          </Button>
        </FormActions>
      </form>
    </Dialog>
  );
}

function MapsByEmailField(props: { isChecked: boolean; onChange: (is: boolean) => void }) {
  return (
    <div className="flex flex-col gap-1">
      <LabelledCheckbox {...props}>
        Find members by their verified address at the first use
      </LabelledCheckbox>
      <p className="text-xs text-dim">
        From then on the account is pinned: another account with the address is refused, and a
        changed address changes nothing.
      </p>
    </div>
  );
}

function ClaimsField(props: {
  rows: HeaderRow[];
  onChange: (rows: HeaderRow[]) => void;
  error: string | undefined;
}) {
  const { rows, onChange, error } = props;
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="text-sm font-medium">Required claims</legend>
      <p className="text-xs text-dim">
        What each assertion must say, exactly, such as your organisation. An issuer that other
        organisations share, too, needs one.
      </p>
      <HeaderRows
        itemName="claim"
        rows={rows}
        onChange={onChange}
        namePlaceholder="organization"
        valuePlaceholder="org_123"
      />
      {error !== undefined && (
        <p role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** Of a claim with several values, which only the API can set, the first is shown. */
function toRows(issuer: AssertionIssuer | undefined): HeaderRow[] {
  return (issuer?.requiredClaims ?? []).map(({ claim, values }) => ({
    name: claim,
    value: values[0] ?? "",
  }));
}

/** The claims of the rows. One that is as it was keeps all its values. */
function toClaims(rows: HeaderRow[], issuer: AssertionIssuer | undefined) {
  return rows
    .map(({ name, value }) => ({ claim: name.trim(), value: value.trim() }))
    .filter(({ claim, value }) => claim !== "" || value !== "")
    .map(({ claim, value }) => {
      const before = issuer?.requiredClaims.find((one) => one.claim === claim);
      return { claim, values: before?.values[0] === value ? before.values : [value] };
    });
}
