import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { IssuedScimToken, type ScimToken } from "../../../../workers/contract/api/scim.ts";
import { request } from "../../api/request.ts";
import { scimQuery } from "../../api/scim.ts";
import { useApiMutation } from "../../api/use-api-mutation.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock, CopyButton, CopyTextButton } from "../../ui/copy.tsx";
import { Dialog, FormActions } from "../../ui/dialog.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { pluralize } from "../../ui/format-numbers.ts";
import { Section } from "../../ui/page.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Instant } from "../tokens/instant.tsx";
import { RevokeDialog } from "../tokens/revoke-dialog.tsx";
import { TokenName } from "../tokens/token-name.tsx";

interface Props {
  slug: string;
  mayChange: boolean;
}

/** The directory that provisions people and teams (SCIM): its address, its tokens, and how much it manages. */
export function ScimSection({ slug, mayChange }: Props) {
  const status = useQuery(scimQuery(slug));
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<ScimToken>();
  const address = `${location.origin}/scim/v2/${slug}`;
  return (
    <Section
      title="Directory (SCIM)"
      hint="Microsoft Entra, Okta and others create, change and deactivate people and teams here. It is off without a token."
      actions={mayChange && <Button onClick={() => setIsCreating(true)}>Create a token</Button>}
    >
      <div className="flex flex-col gap-3 p-4">
        <div>
          <h3>Base address</h3>
          <span className="inline-flex max-w-full flex-wrap items-center gap-x-1">
            <code className="min-w-0 font-mono text-xs wrap-anywhere">{address}</code>
            <CopyButton text={address} contentName="base address" />
          </span>
        </div>
        <Loaded query={status}>
          {({ tokens, users, groups }) => (
            <>
              <p className="text-dim">
                The directory manages {pluralize(users, "member")} and {pluralize(groups, "team")}.
              </p>
              {tokens.length > 0 && (
                <ul aria-label="SCIM tokens" className="flex flex-col divide-y divide-line">
                  {tokens.map((token) => (
                    <TokenRow
                      key={token.id}
                      token={token}
                      onRevoke={mayChange ? () => setRevoked(token) : null}
                    />
                  ))}
                </ul>
              )}
            </>
          )}
        </Loaded>
      </div>
      <Dialog isOpen={isCreating} onClose={() => setIsCreating(false)} title="Create a SCIM token">
        {isCreating && <TokenForm slug={slug} onClose={() => setIsCreating(false)} />}
      </Dialog>
      <RevokeDialog
        item={revoked}
        path={`/workspaces/${slug}/scim/tokens`}
        invalidate={[scimQuery(slug).queryKey]}
        onClose={() => setRevoked(undefined)}
      >
        The directory cannot change anything with it any more. Its members and teams stay.
      </RevokeDialog>
    </Section>
  );
}

/** `onRevoke` null: the user may not. */
function TokenRow({ token, onRevoke }: { token: ScimToken; onRevoke: (() => void) | null }) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2">
      <div className="min-w-0">
        <TokenName item={token} prefix="mns_" />
        <p className="text-xs text-dim">
          Last request: <Instant at={token.lastUsedAt} none="none yet" />
        </p>
        {token.lastError !== null && (
          <p className="text-xs text-dim">
            Last refused: <Instant at={token.lastErrorAt} none="" />,{" "}
            <code className="font-mono wrap-anywhere">{token.lastError}</code>
          </p>
        )}
      </div>
      {onRevoke && token.revokedAt === null && (
        <Button size="sm" aria-label={`Revoke ${token.label}`} onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
}

function TokenForm({ slug, onClose }: { slug: string; onClose: () => void }) {
  const [label, setLabel] = useState("");
  const create = useApiMutation({
    run: () => request(IssuedScimToken, "POST", `/workspaces/${slug}/scim/tokens`, { label }),
    invalidate: [scimQuery(slug).queryKey],
  });
  if (create.data)
    return (
      <div className="flex flex-col gap-4">
        <p className="text-dim">
          Enter it at the directory now. It is shown only once; the gateway stores only its digest.
        </p>
        <CodeBlock contentName="SCIM token" text={create.data.token} />
        <FormActions>
          <CopyTextButton text={create.data.token} contentName="SCIM token" />
          <Button onClick={onClose}>Done</Button>
        </FormActions>
      </div>
    );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined);
      }}
    >
      <Field label="Label" hint="Which directory has it, for example “Microsoft Entra”.">
        <TextInput
          value={label}
          maxLength={120}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
      </Field>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={create.isPending}
          disabled={label.trim() === ""}
        >
          Create
        </Button>
      </FormActions>
    </form>
  );
}
