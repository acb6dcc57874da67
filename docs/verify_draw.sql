-- The selection of a round as one statement of SQL. Run inside the evidence folder:
--     duckdb -csv < verify_draw.sql | diff - selected.csv
WITH seed AS (
    SELECT sha256(concat_ws(chr(31), 'xinheng-draw/1', c.round, c.frame_root, c.plan_hash,
                            d.randomness)) AS seed
    FROM read_json('commitment.json', columns = {round: 'VARCHAR', frame_root: 'VARCHAR',
                                                 plan_hash: 'VARCHAR'}) AS c,
         read_json('draw.json', columns = {randomness: 'VARCHAR'}) AS d
), stratum AS (
    SELECT s.stratum, s.floor, s.ratio_per_mille, reserve_per_mille
    FROM (SELECT unnest(strata) AS s, reserve_per_mille
          FROM read_json('plan.json', columns = {reserve_per_mille: 'BIGINT', strata:
               'STRUCT(stratum VARCHAR, floor BIGINT, ratio_per_mille BIGINT)[]'}))
), ranked AS (
    SELECT uscc, stratum, sha256(seed || chr(31) || uscc) AS ticket,
           row_number() OVER (PARTITION BY stratum
                              ORDER BY sha256(seed || chr(31) || uscc), uscc) AS rank,
           count(*) OVER (PARTITION BY stratum) AS population
    FROM read_csv('frame.txt', delim = chr(31), header = false, quote = '', escape = '',
                  columns = {uscc: 'VARCHAR', stratum: 'VARCHAR'}), seed
), sized AS (
    SELECT *, least(population, greatest(floor, (ratio_per_mille * population + 999) // 1000)) AS n
    FROM ranked JOIN stratum USING (stratum)
)
SELECT uscc, stratum, rank, CASE WHEN rank <= n THEN 'drawn' ELSE 'reserve' END AS role, ticket
FROM sized
WHERE rank <= n + least(population - n, (reserve_per_mille * n + 999) // 1000)
ORDER BY stratum, rank;
