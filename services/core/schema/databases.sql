-- Makes, on a fresh PostgreSQL server, one role and one database for each service, so that none can read another's.
-- With psql, which takes the passwords from the environment: BOOKING_DATABASE_PASSWORD, NOTIFIER_…, REPORTING_….
\getenv booking_password BOOKING_DATABASE_PASSWORD
\getenv notifier_password NOTIFIER_DATABASE_PASSWORD
\getenv reporting_password REPORTING_DATABASE_PASSWORD

CREATE ROLE booking LOGIN PASSWORD :'booking_password';
CREATE ROLE notifier LOGIN PASSWORD :'notifier_password';
CREATE ROLE reporting LOGIN PASSWORD :'reporting_password';

CREATE DATABASE tyonohjaus_booking OWNER booking TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE tyonohjaus_notifier OWNER notifier TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE tyonohjaus_reporting OWNER reporting TEMPLATE template0 ENCODING 'UTF8';

REVOKE CONNECT ON DATABASE tyonohjaus_booking, tyonohjaus_notifier, tyonohjaus_reporting FROM PUBLIC;
