-- Whether identity assertions of the issuer give clients access. NULL: as its kind says, which is yes for an issuer of assertions,
-- and no for the company's provider, whose sign-in does not need it.
ALTER TABLE identity_issuers ADD COLUMN accepts_assertions INTEGER;
