import { useState } from "react";
import type { NamespaceState } from "../../../../../workers/contract/api/marketplace-publishing.ts";
import { escapeLine } from "../../../../../workers/contract/text/hidden-characters.ts";
import { checkSignature, namespaceQuery, openChallenge } from "../../../api/publishing.ts";
import { useApiMutation } from "../../../api/use-api-mutation.ts";
import { Button } from "../../../ui/button.tsx";
import { CodeBlock } from "../../../ui/copy.tsx";
import { Field, TextInput } from "../../../ui/field.tsx";
import { Select } from "../../../ui/select.tsx";
import { TimeUntil } from "../../../ui/time.tsx";

const PLACES = [
  { value: "dns", label: "A TXT record" },
  { value: "http", label: "A file of the host" },
] as const;

interface Props {
  namespace: string;
  domain: string;
  state: NamespaceState;
}

/** Proves a domain: a text is signed with the key that the domain publishes for the official registry. */
export function KeyProof({ namespace, domain, state }: Props) {
  const open = useApiMutation({
    run: () => openChallenge(namespace),
    invalidate: [namespaceQuery(namespace).queryKey],
  });
  return (
    <>
      <p className="text-dim">
        {domain} publishes a public key, as for mcp-publisher: v=MCPv1; k=ed25519; p=… in a TXT
        record, or at https://{domain}/.well-known/mcp-registry-auth. You sign a text with its
        private key, which stays with you.
      </p>
      {state.challenge === null ? (
        <Button
          className="self-start"
          isBusy={open.isPending}
          onClick={() => open.mutate(undefined)}
        >
          Get a text to sign
        </Button>
      ) : (
        <SignatureForm namespace={namespace} domain={domain} state={state} text={state.challenge} />
      )}
    </>
  );
}

function SignatureForm({ namespace, domain, state, text }: Props & { text: string }) {
  const [kind, setKind] = useState<(typeof PLACES)[number]["value"]>("dns");
  const [at, setAt] = useState(domain);
  const [signature, setSignature] = useState("");
  const check = useApiMutation({
    run: () =>
      checkSignature(namespace, {
        kind,
        signature: signature.trim(),
        ...(kind === "dns" && { domain: at.trim() }),
      }),
    invalidate: [namespaceQuery(namespace).queryKey],
    fields: ["signature", "domain"],
  });
  const shown = check.data?.message ?? check.error?.message;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        check.mutate(undefined);
      }}
    >
      <CodeBlock text={text} contentName="text to sign" isWrapped />
      <CodeBlock
        text={`printf '%s' '${text}' > text && openssl pkeyutl -sign -inkey key.pem -rawin -in text | xxd -p -c 200`}
        contentName="command for a key of Ed25519"
        isWrapped
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Where the public key is">
          <Select value={kind} choices={PLACES} onChange={setKind} />
        </Field>
        {kind === "dns" && (
          <Field label="Domain with the record" hint="The namespace’s, or one above it">
            <TextInput value={at} required onChange={(event) => setAt(event.target.value)} />
          </Field>
        )}
      </div>
      <Field
        label="Signature"
        hint={
          <>
            In hex. The text expires <TimeUntil at={state.challengeExpiresAt ?? 0} />.
          </>
        }
      >
        <TextInput
          value={signature}
          required
          onChange={(event) => setSignature(event.target.value)}
        />
      </Field>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" variant="primary" isBusy={check.isPending}>
          Check the proof
        </Button>
        <p role="status" className="min-w-0 flex-1 wrap-anywhere">
          {shown !== undefined && escapeLine(shown)}
        </p>
      </div>
    </form>
  );
}
