/** What there was before a run, which its instructions are compared with. */
export const layout3 = `
CREATE TABLE "existing" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  text_id TEXT NOT NULL,
  instruction TEXT NOT NULL,
  UNIQUE (run, text_id),
  PRIMARY KEY (run, seq)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "existing" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`
