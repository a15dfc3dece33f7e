import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { Me } from "../../../../workers/contract/api/people.ts";
import { explain } from "../../api/api-error.ts";
import { signInWithPasskey } from "../../api/ceremonies.ts";
import { adoptSession, signInOptionsQuery } from "../../api/me.ts";
import { request } from "../../api/request.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { Loaded } from "../../ui/states.tsx";
import { Failure, Frame } from "./frame.tsx";

const route = getRouteApi("/sign-in");

/** The ways in: passkey, Cloudflare Access where it stands in front, a recovery code. */
export function SignInPage() {
  const options = useQuery(signInOptionsQuery);
  return (
    <Frame title="Sign in" hint="Use the passkey that you made for this site.">
      <Loaded query={options} lines={2}>
        {(ways) =>
          ways.hasUsers ? (
            <Ways passkeys={ways.passkeys} access={ways.access} />
          ) : (
            <p className="text-dim">
              Nobody has an account yet. Open the setup link that the server printed when it started
              to become the first owner.
            </p>
          )
        }
      </Loaded>
    </Frame>
  );
}

function useSignIn<T>(ceremony: (input: T) => Promise<void>) {
  const { to } = route.useSearch();
  const router = useRouter();
  return useMutation({ mutationFn: ceremony, onSuccess: () => router.history.push(to ?? "/") });
}

function Ways({ passkeys, access }: { passkeys: boolean; access: boolean }) {
  const client = useQueryClient();
  const [isRecovering, setIsRecovering] = useState(false);
  const passkey = useSignIn(() => signInWithPasskey(client));
  const throughAccess = useSignIn(async () =>
    adoptSession(client, await request(Me, "POST", "/auth/access", {})),
  );
  const error = passkey.error ?? throughAccess.error;
  if (isRecovering) return <RecoveryCode onBack={() => setIsRecovering(false)} />;
  return (
    <>
      {passkeys ? (
        <Button
          variant="primary"
          isBusy={passkey.isPending}
          onClick={() => passkey.mutate(undefined)}
        >
          <Fingerprint className="size-4" aria-hidden />
          Sign in with a passkey
        </Button>
      ) : (
        <p className="text-dim">
          Passkeys do not work at an IP address. Open this page under a host name, such as{" "}
          <a className="link" href={localhostUrl()}>
            {localhostUrl()}
          </a>
          .
        </p>
      )}
      {access && (
        <Button isBusy={throughAccess.isPending} onClick={() => throughAccess.mutate(undefined)}>
          Continue with Cloudflare Access
        </Button>
      )}
      <Failure text={error ? explain(error) : undefined} />
      <Button variant="ghost" onClick={() => setIsRecovering(true)}>
        Use a recovery code
      </Button>
    </>
  );
}

function localhostUrl(): string {
  return `http://localhost:${location.port}`;
}

function RecoveryCode({ onBack }: { onBack: () => void }) {
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const signIn = useSignIn(async () =>
    adoptSession(client, await request(Me, "POST", "/auth/recovery-code", { code: code.trim() })),
  );
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        signIn.mutate(undefined);
      }}
    >
      <Field
        label="Recovery code"
        hint="Each code works once. Without one, ask whoever runs the server for a recovery link."
        error={signIn.error ? explain(signIn.error) : undefined}
      >
        <TextInput
          value={code}
          autoComplete="one-time-code"
          autoFocus
          spellCheck={false}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        isBusy={signIn.isPending}
        disabled={code.trim() === ""}
      >
        Sign in
      </Button>
      <Button variant="ghost" onClick={onBack}>
        Back
      </Button>
    </form>
  );
}
