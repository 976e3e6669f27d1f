-- From schema version 3 to 4: what arms' routes sum up to, kept like the other sums. Those
-- kept before know nothing of routes: they are dropped, and made anew when first wanted.
CREATE TABLE route_sum (
  run TEXT NOT NULL,
  config TEXT NOT NULL,
  sums TEXT NOT NULL,              -- JSON
  PRIMARY KEY (run, config)
) STRICT, WITHOUT ROWID;
DELETE FROM run_sum;
