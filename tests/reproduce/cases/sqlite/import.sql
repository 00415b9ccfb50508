.mode csv
.import weather.csv weather
CREATE INDEX by_station ON weather (station, CAST(day AS INTEGER));
