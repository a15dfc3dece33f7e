let current: string | null = null;

/** The session's token for requests that change something; it lives in this page's memory only. */
export const csrfToken = {
  get: () => current,
  set: (token: string | null) => {
    current = token;
  },
};
