SELECT station, CAST(day AS INTEGER) / 30 AS month, count(*) AS days, avg(CAST(temperature AS REAL)) AS mean,
       sum(CAST(rain AS REAL)) AS rain
  FROM weather WHERE temperature <> 'NA' GROUP BY station, month ORDER BY station, month;
