-- What row security asks: which tenant is this transaction for, and who says so?
-- A context is believed when it carries the HMAC-SHA256 of (kind, value, backend pid) under a key that only the
-- owner of these functions can read. Safe to run again.

create table if not exists public.app_key (
    only_row boolean primary key default true check (only_row),
    inner_pad bytea not null check (length(inner_pad) = 64),
    outer_pad bytea not null check (length(outer_pad) = 64)
);
revoke all on public.app_key from public;

create or replace function public.app_signed(message text, given text) returns boolean
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp
as $$
declare
    key public.app_key;
    expected bytea;
begin
    select * into key from public.app_key;
    expected := sha256(key.outer_pad || sha256(key.inner_pad || convert_to(message || ':' || pg_backend_pid(), 'UTF8')));
    -- Compared as keyed hashes: how far the two agree tells nothing.
    return sha256(key.outer_pad || convert_to(encode(expected, 'hex'), 'UTF8'))
         = sha256(key.outer_pad || convert_to(given, 'UTF8'));
end
$$;

create or replace function public.app_tenant() returns uuid
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp
as $$
declare
    claimed text := current_setting('app.tenant', true);
    signature text := current_setting('app.tenant_signature', true);
begin
    if coalesce(claimed, '') = '' then
        raise insufficient_privilege using message = 'no tenant context: open tenants.scope.scope(tenant) first';
    end if;
    if not coalesce(public.app_signed('tenant:' || claimed, signature), false) then
        raise insufficient_privilege using message = 'the tenant context is not signed with the key of this database',
            hint = 'After a change of TENANT_KEY, run migrate and restart every process.';
    end if;
    return claimed::uuid;
end
$$;

create or replace function public.app_directory() returns boolean
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp
as $$
declare
    claimed text := current_setting('app.directory', true);
    signature text := current_setting('app.directory_signature', true);
begin
    if coalesce(claimed, '') = '' then
        return false;
    end if;
    if not coalesce(public.app_signed('directory:' || claimed, signature), false) then
        raise insufficient_privilege using message = 'the directory context is not signed with the key of this database';
    end if;
    return true;
end
$$;

create or replace function public.app_refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    raise insufficient_privilege using message = format('%s is append-only: %s refused', tg_table_name, tg_op);
end
$$;

revoke all on function public.app_signed(text, text) from public;
revoke all on function public.app_tenant() from public;
revoke all on function public.app_directory() from public;
revoke all on function public.app_refuse_change() from public;
revoke create on schema public from public;
