import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { SignInLinkSummary, Me } from "../../../../workers/contract/api/people.ts";
import { explain } from "../../api/api-error.ts";
import { createPasskey } from "../../api/ceremonies.ts";
import { adoptSession, meQuery, signInOptionsQuery } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { LoadingState } from "../../ui/states.tsx";
import { Failure, Frame } from "./frame.tsx";

/** Takes the secret out of the address, so that neither history nor a shared screen keeps it. */
function takeSecret(): string {
  const secret = location.hash.slice(1);
  if (secret !== "") history.replaceState(history.state, "", location.pathname);
  return secret;
}

let taken: string | undefined;

/** Where single-use links lead: the first owner's, an invited person's, and that of somebody who lost every passkey. */
export function JoinPage() {
  const [secret] = useState(() => (taken = takeSecret() || taken || ""));
  const link = useQuery({
    queryKey: ["link", secret],
    queryFn: () => request(SignInLinkSummary, "POST", "/auth/link", { secret }),
    retry: false,
  });
  const me = useQuery({ ...meQuery, enabled: link.data?.kind === "invitation" });
  if (link.error)
    return (
      <Frame
        title="This link does not work"
        hint="It was used, withdrawn, or is too old. Ask for a new one."
      >
        <Failure text={explain(link.error)} />
        <Link to="/sign-in" className={buttonClass()}>
          Go to sign-in
        </Link>
      </Frame>
    );
  if (!link.data || me.isLoading) return <LoadingState />;
  const frame = { title: titleOf(link.data), hint: hintOf(link.data) };
  return (
    <Frame {...frame}>
      {me.data ? (
        <AcceptAs me={me.data} secret={secret} />
      ) : (
        <NewPerson facts={link.data} secret={secret} />
      )}
    </Frame>
  );
}

function titleOf({ kind, workspace }: SignInLinkSummary): string {
  switch (kind) {
    case "setup":
      return "Set up mcpnest";
    case "invitation":
      return `Join ${workspace?.name ?? "the workspace"}`;
    case "recovery":
      return "Get back in";
  }
}

function hintOf({ kind, role }: SignInLinkSummary): string {
  switch (kind) {
    case "setup":
      return "You become the first owner. A passkey on this device is your key; there is no password.";
    case "invitation":
      return `You were invited as ${role === "member" ? "a member" : `an ${role ?? "member"}`}. A passkey on this device is your key.`;
    case "recovery":
      return "Make a new passkey on this device. Your other sessions end.";
  }
}

function AcceptAs({ me, secret }: { me: Me; secret: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const accept = useMutation({
    mutationFn: () => request(Me, "POST", "/me/invitations", { secret }),
    onSuccess: async (next) => {
      adoptSession(client, next);
      await navigate({ to: "/" });
    },
  });
  return (
    <>
      <Button variant="primary" isBusy={accept.isPending} onClick={() => accept.mutate()}>
        Join as {me.user.name}
      </Button>
      <Failure text={accept.error ? explain(accept.error) : undefined} />
    </>
  );
}

function NewPerson({ facts, secret }: { facts: SignInLinkSummary; secret: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(facts.name ?? "");
  const options = useQuery(signInOptionsQuery);
  const join = useMutation({
    mutationFn: async (way: "passkey" | "access") => {
      const person = { secret, name: name.trim() };
      if (way === "access") return request(Me, "POST", "/auth/link/access", person);
      const response = await createPasskey("/auth/link/passkey/options", person);
      return request(Me, "POST", "/auth/link/passkey", { ...person, response });
    },
    onSuccess: async (me) => {
      adoptSession(client, me);
      await navigate({ to: "/account", search: { welcome: true } });
    },
  });
  const isNamed = name.trim() !== "";
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        join.mutate("passkey");
      }}
    >
      <Field label="Your name" hint="As others in the workspace see you.">
        <TextInput
          value={name}
          autoComplete="name"
          readOnly={facts.kind === "recovery"}
          maxLength={120}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Field>
      {options.data?.passkeys === false ? (
        <p className="text-dim">
          Passkeys do not work at an IP address: open this link under a host name instead.
        </p>
      ) : (
        <Button type="submit" variant="primary" isBusy={join.isPending} disabled={!isNamed}>
          <Fingerprint className="size-4" aria-hidden />
          Create a passkey
        </Button>
      )}
      {options.data?.access === true && (
        <Button disabled={!isNamed || join.isPending} onClick={() => join.mutate("access")}>
          Continue with Cloudflare Access
        </Button>
      )}
      <Failure text={join.error ? explain(join.error) : undefined} />
    </form>
  );
}
